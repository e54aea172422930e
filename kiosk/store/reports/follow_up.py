"""What a follow-up code opens, at any terminal: how the report stands, and who has been written to about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk.domain.reference import follow_up_hash, parse
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus

LIFETIME = timedelta(days=365)  # of a code, from the report on; how long the report itself is kept is another question


@dataclass(frozen=True, slots=True)
class FirstMail:
    """An audience's first mail about a report, whatever it was for."""

    audience: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Followed:
    report: ReportStatus
    first_mails: tuple[FirstMail, ...]


def find(db: Database, follow_up_hash: bytes) -> Followed | None:
    row = db.execute("SELECT reference FROM reports WHERE follow_up_hash = ?", (follow_up_hash,)).fetchone()
    report = report_status.find(db, row[0]) if row else None
    return Followed(report, _first_mails(db, report)) if report else None


def _first_mails(db: Database, report: ReportStatus) -> tuple[FirstMail, ...]:
    rows = db.execute(
        "SELECT audience_id, message_id, min(id) FROM deliveries WHERE report_id = ?"
        " AND (state IN ('sent', 'sending') OR (state != 'cancelled' AND only_while IS NULL))"
        " GROUP BY audience_id ORDER BY min(id)",
        (report.id,),
    )
    return tuple(FirstMail(audience, message_id) for audience, message_id, _ in rows)


def follow(db: Database, typed: str, now: datetime) -> Followed | None:
    """None for what is no code, for a code that nothing has, and for one that has expired."""
    code = parse(typed, length=16)
    found = find(db, follow_up_hash(code)) if code else None
    return found if found and now - found.report.received_at < LIFETIME else None
