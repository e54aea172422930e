"""The one place that reads the time, so that tests can replace it.

Every moment inside the program is an aware UTC datetime; on disk it is ISO 8601
with milliseconds and a ``Z``, a fixed width that sorts as text.
"""

from datetime import UTC, datetime
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
    """The same moment on French clocks, for people to read."""
    return moment.astimezone(PARIS)
