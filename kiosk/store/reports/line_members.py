"""Members of a line of similar reports, and which reports repeat another (closed as a duplicate of it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import ReportState
from kiosk.domain.severity import Severity
from kiosk.store.base import rows
from kiosk.store.reports.report_lists import COLUMNS, ListedReport
from kiosk.store.reports.report_status import STATUSES, ReportStatus
from kiosk.store.trace import of_report

RECENT = timedelta(days=7)  # how far back a repeated report is offered
OFFERED = 5  # reports

LINE = "SELECT site_id, line_at, line_id FROM reports WHERE reference = ?"
OF_LINE = f"FROM reports INDEXED BY reports_in_lines WHERE (site_id, line_at, line_id) = ({LINE}) AND hidden_as IS NULL"
TO_DO = (ReportState.OPEN, ReportState.ACKNOWLEDGED)
RECENTLY = (
    "FROM reports INDEXED BY reports_shown WHERE line_id = id AND site_id = ? AND kind = ?"
    " AND received_at >= ? AND hidden_as IS NULL AND id != ? ORDER BY received_at DESC"
)
HIDDEN = OF_LINE.replace("reports_in_lines", "reports_hidden").replace("IS NULL", "IS NOT NULL")


def to_do(
    db: Database, reference: str, limit: int, *, seen: int, changed: bool, states: Sequence[ReportState] = TO_DO
) -> list[ReportStatus]:
    """Of the line of this report, those in one of the states and not hidden; the worst, then the oldest first.

    ``changed``: those that came or changed after the event numbered ``seen``, or else those that did not.
    """
    which = of_report.CHANGED_SINCE if changed else f"NOT {of_report.CHANGED_SINCE}"
    named = ", ".join(f"'{state}'" for state in states)
    order = "ORDER BY severity, received_at, id"
    chosen = f"SELECT id {OF_LINE} AND state IN ({named}) AND {which} {order} LIMIT ?"
    found = db.execute(f"{STATUSES} WHERE id IN ({chosen}) {order}", (reference, seen, limit))
    return list(rows.every(found, ReportStatus))


def has_closed(db: Database, reference: str, name: str, since: datetime) -> bool:
    """True if the member with this display name has closed one of the line since, that is not hidden."""
    found = db.execute(
        f"SELECT 1 {OF_LINE} AND closed_by = ? AND closed_at > ? LIMIT 1", (reference, name, clock.to_text(since))
    )
    return found.fetchone() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount:
    """Of a line: how many are open, taken, closed and not hidden; moments of the first and the last of these.

    ``worst``: of what is to be done, else of all these.
    """

    open: int
    taken: int
    closed: int
    hidden: int
    worst: Severity | None
    first_at: datetime | None
    last_at: datetime | None

    @property
    def every(self) -> int:
        return self.open + self.taken + self.closed


def counted(db: Database, reference: str) -> LineCount:
    states = ", ".join(
        f"count(*) FILTER (WHERE state = '{state}') AS {name}"
        for name, state in (("open", "open"), ("taken", "acknowledged"), ("closed", "closed"))
    )
    worst = "coalesce(min(severity) FILTER (WHERE state != 'closed'), min(severity)) AS worst"
    moments = "min(received_at) AS first_at, max(received_at) AS last_at"
    hidden = f"(SELECT count(*) {HIDDEN}) AS hidden"
    found = db.execute(f"SELECT {states}, {worst}, {moments}, {hidden} {OF_LINE}", (reference, reference))
    return next(rows.every(found, LineCount))


class MemberPlace(NamedTuple):
    """Keyset of a page: the last report before it, by id, and whether that was listed among the closed ones."""

    closed: int
    report: int


def listed(
    db: Database, reference: str, limit: int, after: MemberPlace | None = None, *, hidden: bool = False
) -> list[ListedReport]:
    """Of the line of this report, those that are not hidden, or those that are; what is to be done comes first.

    The worst, then the oldest first. A place that is none of this line is followed by nothing.
    """
    order = "state = 'closed', severity, received_at, id"
    here = "SELECT :closed, severity, received_at, id FROM reports WHERE id = :report"
    of_line = " AND line_id = (SELECT line_id FROM reports WHERE reference = :reference)"
    behind = f" AND ({order}) > ({here}{of_line})" if after else ""
    members = (HIDDEN if hidden else OF_LINE).replace("?", ":reference")
    chosen = f"SELECT id {members}{behind} ORDER BY {order} LIMIT :limit"
    given = {"reference": reference, "limit": limit, **(after._asdict() if after else {})}
    found = db.execute(f"SELECT {COLUMNS} FROM reports WHERE id IN ({chosen}) ORDER BY {order}", given)
    return list(rows.every(found, ListedReport))


# How each act of a member leaves a report.
STILL = {
    "report_acknowledged": f"{OF_LINE} AND state = 'acknowledged' AND taken_account = :actor",
    "report_closed": f"{OF_LINE} AND state = 'closed'",
    "report_marked": HIDDEN,
}


def done_since(db: Database, reference: str, event: int, *, actor: str, action: str) -> set[str]:
    """Of the line of this report, those on which the account acted so after the event and that are still so."""
    own = "SELECT 1 FROM events WHERE events.reference = reports.reference AND events.id > :event"
    still = STILL[action].replace("?", ":reference")
    found = db.execute(
        f"SELECT reference {still} AND EXISTS ({own} AND action = :action AND actor = :actor)",
        {"reference": reference, "event": event, "actor": actor, "action": action},
    )
    return {row[0] for row in found}


def candidates(db: Database, report: ReportStatus, now: datetime) -> list[ListedReport]:
    """Reports that this one may repeat: others of its line, the oldest first; else the newest of its kind and site."""
    line = [one for one in oldest(db, report.reference, OFFERED + 1) if one.id != report.id][:OFFERED]
    if line:
        return line
    recent = (report.site, report.kind, clock.to_text(now - RECENT), report.id, OFFERED)
    return _listed(db, f"SELECT id {RECENTLY} LIMIT ?", recent, "received_at DESC, id DESC")


def oldest(db: Database, reference: str, limit: int) -> list[ListedReport]:
    """Of the line of this report, those that are not hidden."""
    order = "received_at, id"
    return _listed(db, f"SELECT id {OF_LINE} ORDER BY {order} LIMIT ?", (reference, limit), order)


def repeated_by(db: Database, report_id: int, limit: int) -> list[ListedReport]:
    return _listed(db, "SELECT id FROM reports WHERE repeats = ? ORDER BY id LIMIT ?", (report_id, limit), "id")


def reference_of(db: Database, report_id: int) -> tuple[str, str]:
    """With its site."""
    reference, site = db.execute("SELECT reference, site_id FROM reports WHERE id = ?", (report_id,)).fetchone()
    return reference, site


def _listed(db: Database, chosen: str, values: Sequence[str | int], order: str) -> list[ListedReport]:
    found = db.execute(f"SELECT {COLUMNS} FROM reports WHERE id IN ({chosen}) ORDER BY {order}", values)
    return list(rows.every(found, ListedReport))
