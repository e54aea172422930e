"""Follow-up codes: find a report by its code, and the audiences that were told of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk.domain.reference import follow_up_hash, parse
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus

LIFETIME = timedelta(days=365)  # of a code, from receipt of the report; retention is separate


@dataclass(frozen=True, slots=True)
class Followed:
    """``told``: ids of the audiences that were told of the report, in that order."""

    report: ReportStatus
    told: tuple[str, ...]


def find(db: Database, follow_up_hash: bytes) -> Followed | None:
    row = db.execute("SELECT reference FROM reports WHERE follow_up_hash = ?", (follow_up_hash,)).fetchone()
    report = report_status.find(db, row[0]) if row else None
    return Followed(report, _told(db, report)) if report else None


def _told(db: Database, report: ReportStatus) -> tuple[str, ...]:
    rows = db.execute(
        "SELECT audience_id FROM deliveries WHERE report_id = ?"
        " AND (state IN ('sent', 'sending', 'in_digest') OR (state != 'cancelled' AND only_while IS NULL))"
        " GROUP BY audience_id ORDER BY min(id)",
        (report.id,),
    )
    return tuple(row[0] for row in rows)


def follow(db: Database, typed: str, now: datetime) -> Followed | None:
    """None for a malformed, unknown or expired code."""
    code = parse(typed, length=16)
    found = find(db, follow_up_hash(code, follow_up_secret(db))) if code else None
    return found if found and now - found.report.received_at < LIFETIME else None
