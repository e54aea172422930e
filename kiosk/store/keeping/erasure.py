"""Erases what a report says, a stage at a time, and puts up its tombstone in the same commit.

The blobs are overwritten in the database (secure_delete) and lie in the log until that is cut: whoever purges sets a
mark that the log must be, and only a log that was cut takes it away, so that a crash in between is made up for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate, truncate_wal
from kiosk.store.keeping.purgeable import CONTACT, KEPT, RESTED, RULE, PurgeableReport
from kiosk.store.trace import events
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
    """One commit; those erased. What has come to be kept since it was looked for stays. Raises NotConfirmed."""
    with immediate(db):
        erased = [each for each in reports if _may_go(db, each)]
        for each in erased:
            _put_up_tombstones(db, each, who, now)
            _erase(db, each)
        if erased:
            db.execute("UPDATE retention SET to_cut = 1")
            events.append(db, [_event(each, who) for each in erased], now)
    return erased


def cut_log(db: Database) -> bool:
    """After a purge: the erased bytes leave the log too. False while somebody still reads there: ask again."""
    if not db.execute("SELECT to_cut FROM retention").fetchone()[0]:
        return True
    if not truncate_wal(db):
        return False
    with immediate(db):
        db.execute("UPDATE retention SET to_cut = 0")
    return True


def tombstones(db: Database, report_id: int) -> list[Tombstone]:
    """In the order of their stages."""
    rows = db.execute(
        "SELECT stage, purged_at, reason, who FROM tombstones WHERE report_id = ? ORDER BY stage = 'content'",
        (report_id,),
    )
    return [Tombstone(stage, clock.from_text(at), reason, who) for stage, at, reason, who in rows]


def _may_go(db: Database, due: PurgeableReport) -> bool:
    """Asked again under the lock: it may have been reopened, held, or erased by somebody else."""
    still_there = "1" if due.late else f"{due.stage} IS NOT NULL"
    row = db.execute(
        f"SELECT 1 FROM reports WHERE id = ? AND {RULE} = ? AND {RESTED} = ? AND {still_there} AND NOT ({KEPT})",
        (due.id, due.reason, clock.to_text(due.rested_at)),
    )
    return row.fetchone() is not None


def _put_up_tombstones(db: Database, due: PurgeableReport, who: str, now: datetime) -> None:
    """Words written after the content went have the one that is there already."""
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
    """With the content everything goes that was written; a contact that was still there too."""
    if due.stage == CONTACT:
        db.execute("UPDATE reports SET contact = NULL WHERE id = ?", (due.id,))
        return
    db.execute("UPDATE reports SET content = NULL, contact = NULL WHERE id = ?", (due.id,))
    db.execute("UPDATE notes SET text = NULL WHERE report_id = ?", (due.id,))
    db.execute("UPDATE additions SET content = NULL WHERE report_id = ?", (due.id,))
    db.execute("UPDATE replies SET for_reporter = NULL, for_staff = NULL WHERE report_id = ?", (due.id,))
    db.execute("DELETE FROM announced WHERE report_id = ?", (due.id,))
    # Only of a hidden report: any other waits for the decision, and then its file has days of its own.
    db.execute("UPDATE breaches SET details = NULL WHERE report_id = ? AND decision IS NULL", (due.id,))


def _event(due: PurgeableReport, who: str) -> Event:
    detail = {"reason": due.reason, **({"late": True} if due.late else {})}
    return Event(action=f"{due.stage}_purged", actor=who, reference=due.reference, detail=detail)
