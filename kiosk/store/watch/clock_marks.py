"""Trusted difference between steady clock and Unix time, for each start of the machine.

All processes take it from here, so that they agree on the time whatever the wall clock is set to.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import NotConfirmed
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMark:
    """``trusted``, ``began``: seconds, see the schema. ``off_by``: seconds, 0 when the clocks agree."""

    boot: str
    trusted: float
    began: float
    seen_at: datetime
    off_by: int = 0

    def moment(self, steady: float) -> datetime:
        return clock.moment_of(self.trusted + steady)


def current(db: Database) -> ClockMark | None:
    """Of this start of the machine."""
    row = db.execute(
        "SELECT boot, trusted, began, seen_at, off_by FROM clock_marks WHERE boot = ?", (clock.boot(),)
    ).fetchone()
    if row is None:
        return None
    return ClockMark(boot=row[0], trusted=row[1], began=row[2], seen_at=clock.from_text(row[3]), off_by=row[4])


def adopt(db: Database) -> None:
    """Let this process count by what is trusted. The first process after a start of the machine trusts its wall clock.

    A disk that takes no row stops nothing.
    """
    mark = current(db)
    if mark is None:
        wall, steady = clock.wall(), clock.steady()
        trusted = (wall - clock.EPOCH) / timedelta(seconds=1) - steady
        mark = ClockMark(boot=clock.boot(), trusted=trusted, began=steady, seen_at=wall)
        with suppress(NotConfirmed):
            keep(db, mark)
    clock.trust(mark.trusted)


def known_before(db: Database) -> datetime | None:
    """Last trusted moment of the machine's earlier starts."""
    row = db.execute("SELECT max(seen_at) FROM clock_marks WHERE boot != ?", (clock.boot(),)).fetchone()
    return clock.from_text(row[0]) if row[0] else None


def off_by(db: Database) -> int:
    mark = current(db)
    return mark.off_by if mark else 0


def keep(db: Database, mark: ClockMark, event: Event | None = None) -> None:
    """Raises NotConfirmed. The event has the moment that is trusted from now on."""
    with immediate(db):
        db.execute(
            "INSERT INTO clock_marks VALUES (?, ?, ?, ?, ?) ON CONFLICT (boot) DO UPDATE SET"
            " trusted = excluded.trusted, seen_at = excluded.seen_at, off_by = excluded.off_by",
            (mark.boot, mark.trusted, mark.began, clock.to_text(mark.seen_at), mark.off_by),
        )
        if event:
            events.append(db, [event], mark.seen_at)


def correct(db: Database, mark: ClockMark, step: timedelta, event: Event) -> None:
    """Trust the wall clock after a step, and shift what was noted by the wrong one, so that durations stay true."""
    moved = replace(mark, trusted=mark.trusted + step.total_seconds(), seen_at=mark.seen_at + step, off_by=0)
    with immediate(db):
        db.execute(
            "UPDATE clock_marks SET trusted = ?, seen_at = ?, off_by = 0 WHERE boot = ?",
            (moved.trusted, clock.to_text(moved.seen_at), moved.boot),
        )
        for name, beat_at in db.execute("SELECT name, beat_at FROM heartbeats").fetchall():
            shifted = clock.to_text(clock.from_text(beat_at) + step)
            db.execute("UPDATE heartbeats SET beat_at = ? WHERE name = ?", (shifted, name))
        events.append(db, [event], moved.seen_at)
    clock.trust(moved.trusted)
