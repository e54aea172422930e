"""How long one report is kept: what is gone of it, what holds it, and when the rest may go."""

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
    """``holder`` is a name for people; ``goes_at`` is None while nothing is decided, or when the content is gone.

    ``trace_cut_at``: up to when the report's trace is no longer kept; None where all of it is.
    """

    hold: Hold | None
    holder: str
    contact_purged_at: datetime | None
    content_purged_at: datetime | None
    goes_at: datetime | None
    trace_cut_at: datetime | None


def keeping_of(db: Database, settings: Settings, report: ReportStatus, names: dict[str, str]) -> Keeping:
    """``names``: of accounts."""
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
