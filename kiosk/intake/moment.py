"""When something was noticed, no more precise than the contractor said it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
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
        if not typed_time:
            start = datetime.combine(day, time.min, clock.PARIS)
            return Moment(Precision.AT, start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC))
        moment = datetime.combine(day, time.fromisoformat(typed_time), clock.PARIS).astimezone(UTC)
        return Moment(Precision.AT, moment, moment)
    except (ValueError, OverflowError):
        return Moment(Precision.UNKNOWN, typed=typed)


def _midnight(now: datetime, *, days_back: int) -> datetime:
    day = clock.local(now).date() - timedelta(days=days_back)
    return datetime.combine(day, time.min, clock.PARIS).astimezone(UTC)
