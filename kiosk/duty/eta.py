"""By when somebody who takes a report says to have dealt with it: one of four answers, made in one tap."""

from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum

from kiosk import clock
from kiosk.config.duty import Calendar
from kiosk.duty.calendar import DAY, window, windows


class Eta(StrEnum):
    QUARTER = "15min"
    HOUR = "1h"
    TODAY = "today"
    TOMORROW = "tomorrow"

    @property
    def label(self) -> str:
        return {
            Eta.QUARTER: "15 min",
            Eta.HOUR: "1 h",
            Eta.TODAY: "aujourd'hui",
            Eta.TOMORROW: "demain",
        }[self]


def eta_at(calendar: Calendar, eta: Eta, now: datetime) -> datetime:
    """In UTC. Today ends when the site closes (at midnight when it has closed already); tomorrow is the next working
    day's closing time.
    """
    if eta in (Eta.QUARTER, Eta.HOUR):
        return now + (timedelta(minutes=15) if eta == Eta.QUARTER else timedelta(hours=1))
    today = clock.local(now).date()
    midnight = datetime.combine(today + DAY, clock_time.min, clock.PARIS).astimezone(UTC)
    if eta == Eta.TODAY:
        hours = window(calendar, today)
        return hours[1] if hours and hours[1] > now else midnight
    return next(closes for opens, closes in windows(calendar, midnight) if opens >= midnight)
