"""What a follow-up code opens: how the report stands, and who has been written to about it."""

from dataclasses import dataclass

from sqlite_utils import Database

from kiosk.store import standing
from kiosk.store.standing import Standing


@dataclass(frozen=True, slots=True)
class FirstMail:
    """An audience's first mail about a report, whatever it was for."""

    audience: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Followed:
    report: Standing
    first_mails: tuple[FirstMail, ...]


def find(db: Database, follow_up_hash: bytes) -> Followed | None:
    row = db.execute("SELECT reference FROM reports WHERE follow_up_hash = ?", (follow_up_hash,)).fetchone()
    report = standing.find(db, row[0]) if row else None
    return Followed(report, _first_mails(db, report)) if report else None


def _first_mails(db: Database, report: Standing) -> tuple[FirstMail, ...]:
    rows = db.execute(
        "SELECT audience_id, message_id, min(id) FROM deliveries WHERE report_id = ?"
        " AND (state IN ('sent', 'sending') OR (state != 'cancelled' AND only_while IS NULL))"
        " GROUP BY audience_id ORDER BY min(id)",
        (report.id,),
    )
    return tuple(FirstMail(audience, message_id) for audience, message_id, _ in rows)
