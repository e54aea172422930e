"""French wording of places, dates and durations."""

from datetime import date, datetime, timedelta

from kiosk import clock
from kiosk.config import Settings, Site
from kiosk.mail.french import WEEKDAYS


def site_of(settings: Settings, site: str) -> Site:
    """A site removed from the settings gets its id as name: its reports remain."""
    return next((known for known in settings.sites if known.id == site), Site(id=site, name=site))


def place(settings: Settings, site: str, zone: str | None) -> str:
    """For example ``Siège · Local technique``."""
    return " · ".join(filter(None, (site_of(settings, site).name, zone_name(settings, site, zone))))


def zone_name(settings: Settings, site: str, zone: str | None) -> str:
    return site_of(settings, site).zone_name(zone)


def waited(since: datetime, now: datetime) -> str:
    """``12 min``, ``3 h 05``, ``4 jours``. A negative duration (clock set back) counts as zero."""
    length = max(now - since, timedelta(0))
    return "moins d'une minute" if length < timedelta(minutes=1) else clock.span(length, "jours")


def moment(when: datetime, now: datetime) -> str:
    """Shortest clear form: ``10:42``, ``hier à 10:42``, ``lundi 23/11 à 10:42``, ``le 23/11/2025 à 10:42``."""
    at, today = clock.local(when), clock.local(now)
    days = (at.date() - today.date()).days
    if days == 0:
        return f"{at:%H:%M}"
    if abs(days) == 1:
        return f"{'demain' if days > 0 else 'hier'} à {at:%H:%M}"
    if at.year == today.year or abs(days) < 60:
        return f"{WEEKDAYS[at.weekday()]} {at:%d/%m} à {at:%H:%M}"
    return f"le {at:%d/%m/%Y} à {at:%H:%M}"


def at(when: datetime, now: datetime) -> str:
    """``moment`` after a verb: ``à 10:42``, ``hier à 10:42``."""
    said = moment(when, now)
    return f"à {said}" if clock.local(when).date() == clock.local(now).date() else said


def day(when: datetime) -> str:
    return f"{clock.local(when):%d/%m/%Y}"


def left(until: datetime, now: datetime) -> str:
    """``71 h``, ``9 h 05``: never in days, because the limit is named in hours."""
    hours = int((until - now).total_seconds()) // 3600
    return f"{hours} h" if hours >= 10 else waited(now, until)


def on_paper(when: datetime, day: date) -> str:
    """``10:42`` on ``day``, else ``22/11/2026 à 10:42``: independent of the current day."""
    at = clock.local(when)
    return f"{at:%H:%M}" if at.date() == day else f"{at:%d/%m/%Y à %H:%M}"
