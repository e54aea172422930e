"""Retention of one report: what was erased, the hold in force, and when the rest may be erased."""

from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Settings
from kiosk.keeping.rules import may_go_at
from kiosk.store.base.connection import Database
from kiosk.store.keeping import erasure, holds, trace_cut
from kiosk.store.keeping.holds import Hold
from kiosk.store.reports.report_status import ReportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """``holder``: display name. ``goes_at``: None while the report is open or held, or once its content is erased.

    ``trace_cut_at``: the trace up to here is erased; None if the report's trace is complete.
    """

    hold: Hold | None
    holder: str
    contact_purged_at: datetime | None
    content_purged_at: datetime | None
    goes_at: datetime | None
    trace_cut_at: datetime | None


def keeping_of(db: Database, settings: Settings, report: ReportStatus, names: dict[str, str]) -> Keeping:
    """``names``: display names, by account."""
    gone = {stone.stage: stone.purged_at for stone in erasure.tombstones(db, report.id)}
    hold, cut = holds.in_force(db, report.id), trace_cut.cut_until(db)
    return Keeping(
        hold=hold,
        holder=names.get(hold.placed_by, hold.placed_by) if hold else "",
        contact_purged_at=gone.get("contact"),
        content_purged_at=gone.get("content"),
        goes_at=None if hold or "content" in gone else may_go_at(settings, report),
        trace_cut_at=cut if cut and cut >= report.received_at else None,
    )
