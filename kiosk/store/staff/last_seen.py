"""New since the last visit: what a member of staff has seen of the list and of each report."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import DiskFull
from kiosk.store.base.connection import immediate
from kiosk.store.staff import unwritten
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

VISIT_ENDS = timedelta(minutes=30)  # without a request for the list
NOTED_EVERY = timedelta(minutes=1)  # limits the writes of a page that is reloaded often
READ_AGAIN = timedelta(minutes=10)  # reads within this time count as one, unless an addition came in between
READ = "report_read"
ADDED = "addition_received"


def look(db: Database, staff_id: int, now: datetime) -> int:
    """Note a visit to the list; return the id of the last report before this visit.

    To a newcomer nothing is new. Raises NotConfirmed.
    """
    newest = _newest(db)
    row = db.execute("SELECT seen, before, at FROM visits WHERE staff_id = ?", (staff_id,)).fetchone()
    seen, before, at = row or (newest, newest, clock.to_text(now - VISIT_ENDS))
    away = abs(now - clock.from_text(at))
    if away >= VISIT_ENDS:
        before = seen
    if row is None or away >= NOTED_EVERY:
        with immediate(db):
            db.execute(
                "INSERT INTO visits VALUES (?, ?, ?, ?) ON CONFLICT (staff_id) DO UPDATE SET seen = excluded.seen,"
                " before = excluded.before, at = excluded.at",
                (staff_id, newest, before, clock.to_text(now)),
            )
    return before


def before_this_visit(db: Database, staff_id: int) -> int:
    """Like ``look``, but writes nothing: for pages that poll."""
    row = db.execute("SELECT before FROM visits WHERE staff_id = ?", (staff_id,)).fetchone()
    return int(row[0]) if row else _newest(db)


def _newest(db: Database) -> int:
    return int(db.execute("SELECT max(id) FROM reports").fetchone()[0] or 0)


def opened_by(db: Database, account: str, references: Sequence[str]) -> set[str]:
    marks = ", ".join("?" for _ in references)
    rows = db.execute(
        f"SELECT reference FROM events WHERE reference IN ({marks}) AND action = '{READ}' AND actor = ?",
        [*references, account],
    )
    return {row[0] for row in rows}


def opened_by_anybody(db: Database, references: Sequence[str]) -> set[str]:
    several = "SELECT value FROM json_each(?)"
    rows = db.execute(
        f"SELECT DISTINCT reference FROM events WHERE reference IN ({several}) AND action = '{READ}'",
        (json.dumps(references),),
    )
    return {row[0] for row in rows}


def added_since(db: Database, account: str, references: Sequence[str]) -> set[str]:
    """References of reports with an addition that the member has not read."""
    marks = ", ".join("?" for _ in references)
    rows = db.execute(
        f"SELECT reference FROM events WHERE reference IN ({marks}) AND action IN ('{ADDED}', '{READ}')"
        f" GROUP BY reference HAVING max(CASE action WHEN '{ADDED}' THEN id END)"
        f" > max(CASE WHEN action = '{READ}' AND actor = ? THEN id ELSE 0 END)",
        [*references, account],
    )
    return {row[0] for row in rows}


def record_read(db: Database, account: str, reference: str, now: datetime) -> None:
    """Record a read as an event, at most one per READ_AGAIN unless an addition came since.

    Later, if the disk is full. Raises NotConfirmed.
    """
    if _just_read(db, account, reference, now):
        return
    event = Event(action=READ, actor=account, reference=reference)
    try:
        with immediate(db):
            if not _just_read(db, account, reference, now):
                events.append(db, [event], now)
    except DiskFull:
        unwritten.of(db).keep(event, now)


def _just_read(db: Database, account: str, reference: str, now: datetime) -> bool:
    last = db.execute(
        f"SELECT max(at) FROM events WHERE reference = ? AND action = '{READ}' AND actor = ?", (reference, account)
    ).fetchone()[0]
    again = last is not None and abs(now - clock.from_text(last)) < READ_AGAIN
    return again and not added_since(db, account, [reference])


def record_search(db: Database, account: str, *, searched: int, found: int, now: datetime) -> None:
    """Record that a member searched, without the words. Raises NotConfirmed."""
    event = Event(action="reports_searched", actor=account, detail={"searched": searched, "found": found})
    try:
        with immediate(db):
            events.append(db, [event], now)
    except DiskFull:
        unwritten.of(db).keep(event, now)
