"""Report lists: what each shows, from which index, and what waits. folded_lists.py reads their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import HiddenAs, Outcome, ReportState
from kiosk.domain.severity import Severity
from kiosk.store.base import rows

COUNTED = 100  # open reports: counting stops here


class View(StrEnum):
    """``TO_DO``: all that is not closed. Hidden reports (test, spam) appear only in ``HIDDEN``."""

    TO_DO = "to_do"
    WAITING = "waiting"
    TAKEN = "taken"
    CLOSED = "closed"
    ALL = "all"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """``sites``: those the reader may see, or fewer. Reports received from ``first`` until before ``before``."""

    sites: tuple[str, ...]
    view: View = View.TO_DO
    kind: str | None = None
    first: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport:
    """``line``: id of the first report of its line. ``…_by``: display names.

    ``cycle``: how often the chain started again.
    """

    id: int
    line: int
    reference: str
    kind: str
    severity: Severity
    state: ReportState
    site: str
    zone: str | None
    personal_data: str
    cycle: int
    received_at: datetime
    told_at: datetime | None
    deadline_at: datetime | None
    taken_by: str | None
    taken_account: str | None
    taken_at: datetime | None
    eta_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    outcome: Outcome | None
    hidden_as: HiddenAs | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Part of a list, in the order of ``index``. ``where`` repeats the condition of that partial index.

    ``severity`` and ``state``: of the reports in it, if it has but one.
    """

    index: str
    where: str
    severity: Severity | None = None
    state: ReportState | None = None

    @property
    def next_column(self) -> str:
        """After ``line_id`` in the index."""
        return "received_at" if self.index in ("reports_to_do", "reports_closed") else "state"

    @property
    def oldest_first(self) -> bool:
        return self.severity is not None


NOT_CLOSED = "state != 'closed' AND hidden_as IS NULL"
TO_DO = tuple(
    Lane("reports_to_do", f"{NOT_CLOSED} AND state = '{state}' AND severity = '{severity}'", severity, state)
    for state in (ReportState.OPEN, ReportState.ACKNOWLEDGED)
    for severity in Severity
)
LANES = {
    View.TO_DO: TO_DO,
    View.WAITING: TO_DO[: len(Severity)],
    View.TAKEN: TO_DO[len(Severity) :],
    View.CLOSED: (Lane("reports_closed", "state = 'closed' AND hidden_as IS NULL", state=ReportState.CLOSED),),
    View.ALL: (Lane("reports_in_lines", "hidden_as IS NULL"),),
    View.HIDDEN: (Lane("reports_hidden", "hidden_as IS NOT NULL"),),
}
COLUMNS = (
    "id, line_id AS line, reference, kind, severity, state, site_id AS site, zone, personal_data, cycle, received_at,"
    " told_at, deadline_at, taken_by, taken_account, taken_at, eta_at, closed_by, closed_at, outcome, hidden_as"
)


def received(db: Database, selection: Selection, limit: int) -> list[ListedReport]:
    """The newest at one site that are not hidden, report by report, in the order of receipt."""
    (site,) = selection.sites
    within = " AND received_at >= :first AND received_at < :before" if selection.first and selection.before else ""
    found = db.execute(
        f"SELECT {COLUMNS} FROM reports INDEXED BY reports_shown WHERE site_id = :site AND hidden_as IS NULL{within}"
        " ORDER BY received_at DESC, id DESC LIMIT :limit",
        {"site": site, "limit": limit, **moments(selection)},
    )
    return list(rows.every(found, ListedReport))[::-1]


def oldest_waiting(db: Database, sites: Sequence[str], limit: int) -> list[ListedReport]:
    """Open reports one by one, the worst first."""
    found: list[ListedReport] = []
    for lane in LANES[View.WAITING]:
        chosen = (
            f"SELECT id FROM reports INDEXED BY {lane.index} WHERE site_id = ? AND {lane.where}"
            " ORDER BY received_at, id LIMIT ?"
        )
        several = [row[0] for site in sites for row in db.execute(chosen, (site, limit - len(found)))]
        marks = ", ".join("?" for _ in several)
        oldest = f"SELECT {COLUMNS} FROM reports WHERE id IN ({marks}) ORDER BY received_at, id LIMIT ?"
        found += rows.every(db.execute(oldest, (*several, limit - len(found))), ListedReport)
    return found


def moments(selection: Selection) -> dict[str, str | None]:
    return {
        "first": clock.to_text(selection.first) if selection.first else None,
        "before": clock.to_text(selection.before) if selection.before else None,
    }


WAITING = (
    f"SELECT 1 FROM reports INDEXED BY reports_to_do WHERE site_id = ? AND {NOT_CLOSED} AND state = 'open' LIMIT ?"
)
NEWEST = (
    "SELECT max(id) FROM reports INDEXED BY reports_waiting"
    " WHERE site_id = ? AND state = 'open' AND hidden_as IS NULL AND severity = ?"
)
STAMP = "SELECT max(id) FROM events"
STUCK = (
    "SELECT report_id, max(state = 'held'), min(created_at) FROM deliveries WHERE report_id IN ({marks})"
    " AND state NOT IN ('sent', 'cancelled') GROUP BY report_id"
)


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """Open reports: their number, up to COUNTED, and the newest id of each severity."""

    count: int
    newest: dict[Severity, int]


def waiting(db: Database, sites: Sequence[str]) -> WaitingCount:
    count, newest = 0, dict.fromkeys(Severity, 0)
    for site in sites:
        count += len(db.execute(WAITING, (site, COUNTED - count)).fetchall())
        for severity in Severity:
            row = db.execute(NEWEST, (site, severity)).fetchone()
            newest[severity] = max(newest[severity], row[0] or 0)
    return WaitingCount(count, newest)


def all_sites(db: Database) -> tuple[str, ...]:
    """Includes sites that have left the settings."""
    return tuple(row[0] for row in db.execute("SELECT id FROM sites ORDER BY active DESC, rowid"))


def stamp(db: Database) -> int:
    """Number of the last event: it changes with every event."""
    return int(db.execute(STAMP).fetchone()[0] or 0)


def report_stamp(db: Database, reference: str) -> int:
    return int(db.execute(f"{STAMP} WHERE reference = ?", (reference,)).fetchone()[0] or 0)


def stuck(db: Database, reports: Sequence[int], since: datetime) -> dict[int, str]:
    """Reports with delivery trouble: ``held``, or ``late`` when a mail was queued before ``since``."""
    rows = db.execute(STUCK.format(marks=", ".join("?" for _ in reports)), list(reports)).fetchall()
    late = clock.to_text(since)
    return {report: "held" if held else "late" for report, held, oldest in rows if held or oldest < late}
