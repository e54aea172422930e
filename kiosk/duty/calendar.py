"""Business hours on French clocks: deadlines for an answer, and promised times (ETA), in UTC.

Counted in elapsed seconds: a change to or from summer time makes no difference.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.easter import easter

from kiosk import clock
from kiosk.config import Settings
from kiosk.config.duty import Calendar, Day, Minutes
from kiosk.domain.handling import Eta
from kiosk.domain.severity import Severity

DAY = timedelta(days=1)
WEEKDAYS = tuple(Day)
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))  # month, day
DAYS_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday

Window = tuple[datetime, datetime]


def calendar_of(settings: Settings, site: str) -> Calendar:
    """Also for a site that has left the settings."""
    known = settings.site(site)
    return (known.calendar if known else None) or settings.duty.calendar


def is_business_day(calendar: Calendar, day: date) -> bool:
    if WEEKDAYS[day.weekday()] not in calendar.days:
        return False
    if any(closure.first <= day <= closure.last for closure in calendar.closures):
        return False
    return not (calendar.public_holidays and day in public_holidays(day.year))


@lru_cache
def public_holidays(year: int) -> frozenset[date]:
    """National holidays (code du travail, L3133-1); Bouches-du-Rhône has no others."""
    sunday = easter(year)
    fixed = {date(year, month, day) for month, day in FIXED_HOLIDAYS}
    return frozenset(fixed | {sunday + timedelta(days=after) for after in DAYS_AFTER_EASTER})


def window(calendar: Calendar, day: date) -> Window | None:
    """Opening and closing time; None on a day off."""
    if not is_business_day(calendar, day):
        return None
    last = day + DAY if calendar.closes == time.min else day
    return clock.at(day, calendar.opens), clock.at(last, calendar.closes)


def windows(calendar: Calendar, start: datetime) -> Iterator[Window]:
    """Business hours left from ``start`` on, without end."""
    day = clock.local(start).date()
    while True:
        hours = window(calendar, day)
        if hours and hours[1] > start:
            yield max(hours[0], start), hours[1]
        day += DAY


def after_business_time(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    for opens, closes in windows(calendar, start):
        if span <= closes - opens:
            return opens + span
        span -= closes - opens
    raise AssertionError("business hours never end")


def acknowledge_by(settings: Settings, *, site: str, severity: Severity, received_at: datetime) -> datetime:
    """Deadline for the first answer; after it the next in the chain is told."""
    return _after_working_time(settings, settings.duty.acknowledge, site, severity, received_at)


def next_step_at(settings: Settings, *, site: str, severity: Severity, told_at: datetime) -> datetime:
    """Deadline for those told at ``told_at``."""
    return _after_working_time(settings, settings.duty.step, site, severity, told_at)


def _after_working_time(
    settings: Settings, minutes: Minutes, site: str, severity: Severity, start: datetime
) -> datetime:
    span = minutes.of(severity)
    if severity in settings.duty.round_the_clock:
        return start + span
    return after_business_time(calendar_of(settings, site), start, span)


def eta_at(calendar: Calendar, eta: Eta, now: datetime) -> datetime:
    """Moment of a promised time.

    Today: when the site closes, or midnight if it has closed or is closed all day. Tomorrow: when it closes on the next
    working day.
    """
    if eta in (Eta.QUARTER, Eta.HOUR):
        return now + (timedelta(minutes=15) if eta == Eta.QUARTER else timedelta(hours=1))
    today = clock.local(now).date()
    midnight = clock.at(today + DAY, time.min)
    if eta == Eta.TODAY:
        hours = window(calendar, today)
        return hours[1] if hours and hours[1] > now else midnight
    return next(closes for opens, closes in windows(calendar, midnight) if opens >= midnight)
