"""Clock and time formats. Nothing else reads the time, so tests can replace it.

Moments are aware UTC datetimes; on disk ISO 8601 with milliseconds and ``Z``: fixed width, sorts as text.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """``2026-11-21T06:30:00.123Z``; raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def local(moment: datetime) -> datetime:
    """The same moment in French local time."""
    return moment.astimezone(PARIS)


def at(day: date, hour: time) -> datetime:
    """Convert French local time to UTC.

    An hour skipped in spring becomes one hour later; of an hour repeated in autumn the first is meant unless
    ``hour.fold`` is 1. Raises OverflowError in the year 1.
    """
    return datetime.combine(day, hour, PARIS).astimezone(UTC)


def span(length: timedelta, days: str) -> str:
    """``12 min``, ``3 h 05`` or, from two days on, ``2`` and the word given as ``days``; ignores the sign."""
    minutes = int(abs(length).total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes < 2880 else f"{minutes // 1440} {days}"
