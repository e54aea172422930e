"""Holds: orders to keep a report beyond its retention period."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import HoldReason
from kiosk.store.base.connection import immediate
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Hold:
    """``placed_by`` is a sign-in name."""

    reason: HoldReason
    placed_at: datetime
    placed_by: str


def place(db: Database, report: ReportStatus, reason: str, *, actor: str, now: datetime) -> bool:
    """False if a hold is in force already. Raises ValueError for an unknown reason."""
    with immediate(db):
        if in_force(db, report.id):
            return False
        try:
            cursor = db.execute(
                "INSERT INTO holds (report_id, reason, placed_at, placed_by) VALUES (?, ?, ?, ?)",
                (report.id, reason, clock.to_text(now), actor),
            )
        except sqlite3.IntegrityError as error:
            raise ValueError("no such reason for a hold") from error
        placed = Event(action="hold_placed", actor=actor, reference=report.reference, detail={"reason": reason})
        events.append(db, [row_digests.storing(placed, row_digests.of_row(db, "holds", cursor.lastrowid))], now)
    return True


def release(db: Database, report: ReportStatus, *, actor: str, now: datetime) -> bool:
    """False if no hold is in force."""
    with immediate(db):
        changed = db.execute(
            "UPDATE holds SET released_at = ?, released_by = ? WHERE report_id = ? AND released_at IS NULL",
            (clock.to_text(now), actor, report.id),
        ).rowcount
        if changed:
            released = Event(action="hold_released", actor=actor, reference=report.reference)
            stored = row_digests.of_report(db, "holds", report.id, parts=("released",))
            events.append(db, [row_digests.storing(released, stored)], now)
    return changed == 1


def in_force(db: Database, report_id: int) -> Hold | None:
    row = db.execute(
        "SELECT reason, placed_at, placed_by FROM holds WHERE report_id = ? AND released_at IS NULL", (report_id,)
    ).fetchone()
    return Hold(HoldReason(row[0]), clock.from_text(row[1]), row[2]) if row else None
