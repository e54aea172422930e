"""Clock and time formats. Nothing else reads the time, so tests can replace it.

``now`` follows the machine's wall clock as long as that agrees with its steady clock, which nobody can set. Where they
differ by more than a minute, the steady clock counts, as trusted by store/watch/clock_marks.

Moments are aware UTC datetimes; on disk ISO 8601 with milliseconds and ``Z``: fixed width, sorts as text.
"""

import time as system
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


AGREE = timedelta(minutes=1)  # a smaller difference is a clock that is being adjusted
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STEADY = getattr(system, "CLOCK_BOOTTIME", system.CLOCK_MONOTONIC)

_trusted: float | None = None


def now() -> datetime:
    shown = wall()
    if _trusted is None:
        return shown
    steadily = moment_of(_trusted + steady())
    return shown if abs(shown - steadily) <= AGREE else steadily


def wall() -> datetime:
    """Wall clock of the machine, which anybody may have set."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds since the machine started, its sleep included."""
    return system.clock_gettime(STEADY)


@cache
def boot() -> str:
    """Identity of the machine's start, from which ``steady`` counts; empty where the system gives none."""
    with suppress(OSError):
        return BOOT_ID.read_text(encoding="ascii").strip()
    return ""


def trust(difference: float | None) -> None:
    """For this process. ``difference``: seconds from ``steady`` to Unix time; None for the wall clock alone."""
    global _trusted
    _trusted = difference


def moment_of(seconds: float) -> datetime:
    """Unix time, also beyond the range of the system's own."""
    return EPOCH + timedelta(seconds=seconds)


def to_text(moment: datetime) -> str:
    """``2026-11-21T06:30:00.123Z``; raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    """Inverse of ``to_text``. Raises ValueError for anything that is no moment in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not UTC:
        raise ValueError("a moment that is not in UTC")
    return moment


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
