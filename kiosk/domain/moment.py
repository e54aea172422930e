"""Moment of observation, as precise as the contractor gave it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from kiosk import clock
from kiosk.domain.folding import ascii_digits


class Precision(StrEnum):
    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"
    AT = "at"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Moment:
    """``earliest`` to ``latest`` (UTC): what the answer allows; both None when unknown.

    ``typed``: a date or time that could not be read, verbatim.
    """

    precision: Precision
    earliest: datetime | None = None
    latest: datetime | None = None
    typed: str = ""


NOT_SAID = Moment(Precision.UNKNOWN)

# An earlier year is a typing error (0026 for 2026).
FIRST_YEAR = 1970


def resolve(precision: str | None, typed_date: str, typed_time: str, now: datetime) -> Moment:
    """Never fails: what cannot be read becomes UNKNOWN, kept in ``typed``."""
    if precision == Precision.NOW:
        return Moment(Precision.NOW, now, now)
    if precision == Precision.TODAY:
        return Moment(Precision.TODAY, _midnight(now, days_back=0), now)
    if precision == Precision.YESTERDAY:
        return Moment(Precision.YESTERDAY, _midnight(now, days_back=1), _midnight(now, days_back=0))
    if typed_date or typed_time:
        return _resolve_typed(typed_date, typed_time)
    return NOT_SAID


def _resolve_typed(typed_date: str, typed_time: str) -> Moment:
    typed = f"{typed_date} {typed_time}".strip()
    try:
        day, hour = date.fromisoformat(ascii_digits(typed_date)), ascii_digits(typed_time)
        bounds = _clock_time(day, time.fromisoformat(hour)) if typed_time else _whole_day(day)
    except (ValueError, OverflowError):
        return Moment(Precision.UNKNOWN, typed=typed)
    if day.year < FIRST_YEAR:
        return Moment(Precision.UNKNOWN, typed=typed)
    return Moment(Precision.AT, *bounds)


def _whole_day(day: date) -> tuple[datetime, datetime]:
    return clock.at(day, time.min), clock.at(day + timedelta(days=1), time.min)


def _clock_time(day: date, at: time) -> tuple[datetime, datetime]:
    """The same moment twice, except in the hour that a clock change repeats or skips."""
    moments = [clock.at(day, at.replace(fold=fold)) for fold in (0, 1)]
    return min(moments), max(moments)


def _midnight(now: datetime, *, days_back: int) -> datetime:
    return clock.at(clock.local(now).date() - timedelta(days=days_back), time.min)
