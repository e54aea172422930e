"""When something was noticed, no more precise than the contractor said it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from kiosk import clock


class Precision(StrEnum):
    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"
    AT = "at"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Moment:
    """``earliest`` to ``latest`` (UTC) is what the words allow; both None when nobody knows.

    ``typed`` keeps a date or time that could not be read, word for word.
    """

    precision: Precision
    earliest: datetime | None = None
    latest: datetime | None = None
    typed: str = ""


NOT_SAID = Moment(Precision.UNKNOWN)

# A year before this one is a slip of the finger (0026 for 2026); nobody notices today what happened then.
FIRST_YEAR = 1970


def resolve(precision: str | None, typed_date: str, typed_time: str, now: datetime) -> Moment:
    """Never fails: what cannot be read becomes UNKNOWN with the words kept in ``typed``."""
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
        day = date.fromisoformat(typed_date)
        bounds = _clock_time(day, time.fromisoformat(typed_time)) if typed_time else _whole_day(day)
    except (ValueError, OverflowError):
        return Moment(Precision.UNKNOWN, typed=typed)
    if day.year < FIRST_YEAR:
        return Moment(Precision.UNKNOWN, typed=typed)
    return Moment(Precision.AT, *bounds)


def _whole_day(day: date) -> tuple[datetime, datetime]:
    return clock.at(day, time.min), clock.at(day + timedelta(days=1), time.min)


def _clock_time(day: date, at: time) -> tuple[datetime, datetime]:
    """Twice the same moment, except in the hour that French clocks run through twice or leave out."""
    moments = [clock.at(day, at.replace(fold=fold)) for fold in (0, 1)]
    return min(moments), max(moments)


def _midnight(now: datetime, *, days_back: int) -> datetime:
    return clock.at(clock.local(now).date() - timedelta(days=days_back), time.min)
