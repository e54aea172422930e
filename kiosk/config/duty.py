"""Business hours, and acknowledgement delays by severity."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from kiosk.config.table import Fault, Table, outside
from kiosk.domain.severity import Severity

LocalTime = Annotated[time, Meta(tz=False)]  # in French local time
LONGEST_WAIT = 7 * 24 * 60  # minutes
LONGEST_CLOSURE = timedelta(days=366)


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
class Closure(Table):
    """Days without work, first and last included."""

    first: date
    last: date

    def faults(self) -> Iterator[Fault]:
        if not timedelta(0) <= self.last - self.first <= LONGEST_CLOSURE:
            yield "last", f"doit suivre le premier jour, {LONGEST_CLOSURE.days} jours plus tard au plus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Table):
    """In French local time; ``closes`` at 00:00 is the midnight that ends the day."""

    opens: LocalTime = time(7, 30)
    closes: LocalTime = time(16, 30)
    days: tuple[Day, ...] = (Day.MONDAY, Day.TUESDAY, Day.WEDNESDAY, Day.THURSDAY, Day.FRIDAY)
    public_holidays: bool = True
    closures: tuple[Closure, ...] = ()

    def faults(self) -> Iterator[Fault]:
        """A next business hour must exist and be found quickly."""
        if self.closes not in (time.min, max(self.opens, self.closes)) or self.opens == self.closes:
            yield "closes", "doit être plus tard que « opens » (00:00 est la fin du jour)"
        if not self.days:
            yield "days", "est vide : il faut au moins un jour ouvré"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes(Table):
    """Minutes by severity code."""

    critical: int = 15
    high: int = 60
    normal: int = 240

    def faults(self) -> Iterator[Fault]:
        for severity in Severity:
            yield from outside(severity, getattr(self, severity), 1, LONGEST_WAIT, "minutes")

    def of(self, severity: Severity) -> timedelta:
        return timedelta(minutes=getattr(self, severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Table):
    """``acknowledge``: how long a report may wait to be acknowledged; ``step``: then, for each next one in the chain.

    In minutes of business hours, except for the severities in ``round_the_clock``.
    """

    calendar: Calendar = field(default_factory=Calendar)
    acknowledge: Minutes = field(default_factory=Minutes)
    step: Minutes = field(default_factory=Minutes)
    round_the_clock: tuple[Severity, ...] = (Severity.CRITICAL,)
