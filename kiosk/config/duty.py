"""When somebody must have answered: business hours, and how long each severity may wait."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from kiosk.domain.severity import Severity


class Day(StrEnum):
    """In the order of ``date.weekday``."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Days on which nobody works, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """On French clocks; ``closes`` at 00:00 is the midnight that ends the day."""

    opens: time = time(7, 30)
    closes: time = time(16, 30)
    days: tuple[Day, ...] = (Day.MONDAY, Day.TUESDAY, Day.WEDNESDAY, Day.THURSDAY, Day.FRIDAY)
    public_holidays: bool = True
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Minutes for each severity, under its code."""

    critical: int = 15
    high: int = 60
    normal: int = 240

    def of(self, severity: Severity) -> timedelta:
        return timedelta(minutes=getattr(self, severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """``acknowledge``: how long a report may wait for its first answer; ``step``: then, for each next one in line.

    Minutes of business hours, but for the severities ``round_the_clock``.
    """

    calendar: Calendar = field(default_factory=Calendar)
    acknowledge: Minutes = field(default_factory=Minutes)
    step: Minutes = field(default_factory=Minutes)
    round_the_clock: tuple[Severity, ...] = (Severity.CRITICAL,)
