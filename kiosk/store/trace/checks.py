"""Trace verification in the background: new events each minute, the whole trace once a day.

It finds accidents and careless edits. Whoever can write to the database can also forge this result;
`kiosk verify --mail` detects that, with a mail that was kept elsewhere.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.trace.events import RECEIVED, START, digest_at, follow, origin, slices

WALK_EVERY = timedelta(days=1)
STRIDE = 5_000  # events per batch: about 20 ms


@dataclass(frozen=True, slots=True)
class TraceCheck:
    """``tail``: newest event that was verified. ``walk``: how far the daily verification has come."""

    tail: TraceHead
    walk: TraceHead
    walked_at: datetime | None
    broken_at: int | None


def trace_check(db: Database) -> TraceCheck:
    columns = "tail_number, tail_digest, walk_number, walk_digest, walked_at, broken_at"
    row = db.execute(f"SELECT {columns} FROM trace_checks").fetchone()
    walked_at = clock.from_text(row[4]) if row[4] else None
    return TraceCheck(TraceHead(row[0], row[1]), TraceHead(row[2], row[3]), walked_at, row[5])


def check_more(db: Database, now: datetime) -> TraceCheck:
    """Verify new events, and one batch of the whole trace if due. Writes only changes."""
    before = trace_check(db)
    after = _walked(db, _followed(db, before), now)
    if after != before:
        _keep(db, after)
    return after


def broken_event(db: Database) -> int | None:
    """Number of the event where the trace was found broken, until the whole trace verifies again."""
    found: int | None = db.execute("SELECT broken_at FROM trace_checks").fetchone()[0]
    return found


def reports_without_row(db: Database) -> list[str]:
    """References in the trace that no report has. Raises StoreError when the tables cannot be read."""
    try:
        lost = {str(row[0]) for after, upto in slices(db) for row in _lost(db, after, upto)}
        return sorted(lost)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"Les signalements ne peuvent pas être comparés à la trace : {error}.") from error


def _lost(db: Database, after: int, upto: int) -> Sequence[tuple[str]]:
    return db.execute(
        f"SELECT reference FROM events WHERE id > ? AND id <= ? AND action IN {RECEIVED}"
        " AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.reference = events.reference)",
        (after, upto),
    ).fetchall()


def lost_among(db: Database, after: int | None) -> tuple[int | None, str]:
    """Reference of a report of the trace that has no row, among some events after number ``after``.

    Returns the number of the last event looked at too, None when there are no more.
    """
    first = max(after or 0, origin(db).sequence)
    lost = next(iter(_lost(db, first, first + STRIDE)), None)
    is_over = lost or db.execute("SELECT 1 FROM events WHERE id > ?", (first + STRIDE,)).fetchone() is None
    return None if is_over else first + STRIDE, str(lost[0]) if lost else ""


def _followed(db: Database, check: TraceCheck) -> TraceCheck:
    found = follow(db, check.tail, limit=STRIDE)
    if found.broken_at is not None:
        return replace(check, broken_at=found.broken_at)
    return replace(check, tail=found.head)


def _walked(db: Database, check: TraceCheck, now: datetime) -> TraceCheck:
    if not _walk_is_due(check, now):
        return check
    found = follow(db, check.walk, limit=STRIDE)
    if found.broken_at is not None:
        return replace(check, walk=START, walked_at=now, broken_at=found.broken_at)
    if not found.at_end:
        return replace(check, walk=found.head)
    still_broken = None if _is_there(db, check.tail) else check.broken_at
    return replace(check, walk=START, walked_at=now, broken_at=still_broken)


def _is_there(db: Database, head: TraceHead) -> bool:
    """A trace that was computed anew verifies, but lacks an event verified before."""
    return head == START or digest_at(db, head.sequence) == head.digest


def _walk_is_due(check: TraceCheck, now: datetime) -> bool:
    """A last verification in the future dates from before the clock was set back."""
    rested = check.walked_at is not None and timedelta(0) <= now - check.walked_at < WALK_EVERY
    return check.walk != START or check.broken_at is not None or not rested


def _keep(db: Database, check: TraceCheck) -> None:
    walked_at = clock.to_text(check.walked_at) if check.walked_at else None
    values = (
        check.tail.sequence,
        check.tail.digest,
        check.walk.sequence,
        check.walk.digest,
        walked_at,
        check.broken_at,
    )
    with immediate(db):
        db.execute(
            "UPDATE trace_checks SET tail_number = ?, tail_digest = ?, walk_number = ?, walk_digest = ?, walked_at = ?,"
            " broken_at = ?",
            values,
        )
