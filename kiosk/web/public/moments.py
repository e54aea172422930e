"""Dates and times in the page's language, such as "today at 10:40" or "Monday, 23 November 2026 at 08:30"."""

from datetime import datetime, timedelta

from flask import Flask
from flask_babel import format_date

from kiosk import clock
from kiosk.web.shared.texts import clock_time
from kiosk.web.shared.texts import gettext as _


def install(app: Flask) -> None:
    app.jinja_env.filters.update(at=at, day_and_time=day_and_time)


def at(moment: datetime) -> str:
    """Time alone for today. Follows a verb."""
    return _at_time(moment) if _days_from_today(moment) == 0 else day_and_time(moment)


def day_and_time(moment: datetime) -> str:
    """For the middle of a sentence."""
    time = clock_time(moment)
    match _days_from_today(moment):
        case -1:
            return _("hier à %(time)s", time=time)
        case 0:
            return _("aujourd'hui à %(time)s", time=time)
        case 1:
            return _("demain à %(time)s", time=time)
        case _far:
            return _("%(day)s à %(time)s", day=_weekday_and_date(moment), time=time)


def _at_time(moment: datetime) -> str:
    return _("à %(time)s", time=clock_time(moment))


def _days_from_today(moment: datetime) -> int:
    return (clock.local(moment).date() - clock.local(clock.now()).date()) // timedelta(days=1)


def _weekday_and_date(moment: datetime) -> str:
    return str(format_date(clock.local(moment).date(), "full"))
