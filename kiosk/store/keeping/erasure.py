"""Erasure of report content: each stage gets its tombstone in the same commit.

secure_delete overwrites the text in the database, but the WAL holds it until overwritten. Triggers count every erasure,
by whatever statement, and ``clean_log`` notes how far it came: a crash in between loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate, unsynced
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.keeping.purgeable import CONTACT, KEPT, RESTED, RULE, PurgeableReport
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import SYSTEM, Event

AT_ONCE = 20  # reports in one commit


@dataclass(frozen=True, slots=True)
class Tombstone:
    stage: str
    purged_at: datetime
    reason: str
    who: str


def purge(
    db: Database, reports: Sequence[PurgeableReport], *, who: str = SYSTEM, now: datetime
) -> list[PurgeableReport]:
    """Erase in one commit; returns the erased reports. Skips those no longer due. Raises NotConfirmed."""
    with immediate(db):
        erased = [each for each in reports if _may_go(db, each)]
        for each in erased:
            _put_up_tombstones(db, each, who, now)
            _erase(db, each)
        if erased:
            events.append(db, [_event(db, each, who) for each in erased], now)
    return erased


def clean_log(db: Database, *, surely: bool = False) -> bool:
    """Overwrite the WAL if something was erased since (or ``surely``). False while a reader blocks it: call again."""
    erased, overwritten = db.execute("SELECT erased, overwritten FROM retention").fetchone()
    if erased == overwritten and not surely:
        return True
    if not overwrite_log(db):
        return False
    with unsynced(db):  # if a power cut undoes it, the WAL is overwritten once more
        db.execute("UPDATE retention SET overwritten = max(overwritten, ?)", (erased,))
    return True


def tombstones(db: Database, report_id: int) -> list[Tombstone]:
    """In the order of their stages."""
    rows = db.execute(
        "SELECT stage, purged_at, reason, who FROM tombstones WHERE report_id = ? ORDER BY stage = 'content'",
        (report_id,),
    )
    return [Tombstone(stage, clock.from_text(at), reason, who) for stage, at, reason, who in rows]


def _may_go(db: Database, due: PurgeableReport) -> bool:
    """Check again under the lock: the report may have been reopened, held or erased meanwhile."""
    still_there = "1" if due.late else f"{due.stage} IS NOT NULL"
    row = db.execute(
        f"SELECT 1 FROM reports WHERE id = ? AND {RULE} = ? AND {RESTED} = ? AND {still_there} AND NOT ({KEPT})",
        (due.id, due.reason, clock.to_text(due.rested_at)),
    )
    return row.fetchone() is not None


def _put_up_tombstones(db: Database, due: PurgeableReport, who: str, now: datetime) -> None:
    """Text written after the content was erased shares the existing tombstone."""
    db.execute(
        "INSERT INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            due.id,
            due.stage,
            due.reference,
            due.kind,
            clock.to_text(due.received_at),
            clock.to_text(now),
            due.reason,
            who,
        ),
    )


def _erase(db: Database, due: PurgeableReport) -> None:
    """The content stage erases every text of the report, and the contact if still there."""
    if due.stage == CONTACT:
        db.execute("UPDATE reports SET contact = NULL WHERE id = ?", (due.id,))
        return
    db.execute("UPDATE reports SET content = NULL, contact = NULL WHERE id = ?", (due.id,))
    db.execute("UPDATE notes SET text = NULL WHERE report_id = ?", (due.id,))
    db.execute("UPDATE additions SET content = NULL WHERE report_id = ?", (due.id,))
    db.execute("UPDATE replies SET for_reporter = NULL, for_staff = NULL WHERE report_id = ?", (due.id,))
    db.execute("DELETE FROM announced WHERE report_id = ?", (due.id,))
    # Matches only hidden reports: others wait for the decision, then their file has its own retention.
    db.execute("UPDATE breaches SET details = NULL WHERE report_id = ? AND decision IS NULL", (due.id,))


def _event(db: Database, due: PurgeableReport, who: str) -> Event:
    detail = {"reason": due.reason, **({"late": True} if due.late else {})}
    purged = Event(action=f"{due.stage}_purged", actor=who, reference=due.reference, detail=detail)
    tombstone = row_digests.of_row(db, "tombstones", due.id, due.stage)
    return row_digests.storing(purged, tombstone, *row_digests.erased(db, due.id))
