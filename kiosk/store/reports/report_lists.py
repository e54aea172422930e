"""Report lists of the console, with keyset pagination.

Every list is read from an index in its own order, site by site, so a page costs the same however many reports there
are. Reports that need an answer come first.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import HiddenAs, Outcome, ReportState
from kiosk.domain.severity import Severity
from kiosk.store.base import rows

PAGE = 50  # reports
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


class Place(NamedTuple):
    """Keyset of a page: lane and id of the last report before it."""

    lane: int
    report: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport:
    """``…_by``: display names. ``cycle``: how often the chain started again."""

    id: int
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
class Page:
    """``after``: where the next page starts; None on the last one."""

    lines: tuple[ListedReport, ...]
    after: Place | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Part of a list, in the order of ``index``. ``where`` repeats the condition of that partial index."""

    index: str
    where: str
    oldest_first: bool = False


NOT_CLOSED = "state != 'closed' AND hidden_as IS NULL"
TO_DO = tuple(
    Lane("reports_to_do", f"{NOT_CLOSED} AND state = '{state}' AND severity = '{severity}'", oldest_first=True)
    for state in (ReportState.OPEN, ReportState.ACKNOWLEDGED)
    for severity in Severity
)
LANES = {
    View.TO_DO: TO_DO,
    View.WAITING: TO_DO[: len(Severity)],
    View.TAKEN: TO_DO[len(Severity) :],
    View.CLOSED: (Lane("reports_closed", "state = 'closed' AND hidden_as IS NULL"),),
    View.ALL: (Lane("reports_shown", "hidden_as IS NULL"),),
    View.HIDDEN: (Lane("reports_hidden", "hidden_as IS NOT NULL"),),
}
COLUMNS = (
    "id, reference, kind, severity, state, site_id AS site, zone, personal_data, cycle, received_at,"
    " told_at, deadline_at, taken_by, taken_account, taken_at, eta_at, closed_by, closed_at, outcome, hidden_as"
)


def page(db: Database, selection: Selection, after: Place | None = None, *, size: int = PAGE) -> Page:
    found: list[tuple[int, ListedReport]] = []
    lanes = LANES[selection.view]
    first = after.lane if after else 0
    for number, lane in enumerate(lanes[first:], first):
        behind = after.report if after and after.lane == number else None
        lines = lane_lines(db, selection, lane, behind, size + 1 - len(found))
        found += [(number, line) for line in lines]
        if len(found) > size:
            last_lane, last = found[size - 1]
            return Page(tuple(line for _, line in found[:size]), Place(last_lane, last.id))
    return Page(tuple(line for _, line in found), None)


def lane_lines(db: Database, selection: Selection, lane: Lane, behind: int | None, limit: int) -> list[ListedReport]:
    given = values(db, selection, behind, limit)
    wanted = statement(selection, lane, behind)
    by_site = [rows.every(db.execute(wanted, given | {"site": site}), ListedReport) for site in selection.sites]
    merged = heapq.merge(*by_site, key=lambda line: (line.received_at, line.id), reverse=not lane.oldest_first)
    return list(merged)[:limit]


def statement(selection: Selection, lane: Lane, behind: int | None) -> str:
    conditions = [f"site_id = :site AND {lane.where}"]
    conditions += ["kind = :kind"] if selection.kind else []
    conditions += ["received_at >= :first"] if selection.first else []
    conditions += ["received_at < :before"] if selection.before else []
    if behind is not None:
        conditions += [f"(received_at, id) {'>' if lane.oldest_first else '<'} (:behind, :id)"]
    order = "" if lane.oldest_first else " DESC"
    chosen = f"SELECT {COLUMNS} FROM reports INDEXED BY {lane.index} WHERE {' AND '.join(conditions)}"
    return f"{chosen} ORDER BY received_at{order}, id{order} LIMIT :limit"


def values(db: Database, selection: Selection, behind: int | None, limit: int) -> dict[str, Any]:
    row = db.execute("SELECT received_at FROM reports WHERE id = ?", (behind,)).fetchone()
    return {
        "kind": selection.kind,
        "first": selection.first and clock.to_text(selection.first),
        "before": selection.before and clock.to_text(selection.before),
        "behind": row[0] if row else "",
        "id": behind,
        "limit": limit,
    }


WAITING = (
    f"SELECT 1 FROM reports INDEXED BY reports_to_do WHERE site_id = ? AND {NOT_CLOSED} AND state = 'open' LIMIT ?"
)
NEWEST = (
    "SELECT id FROM reports INDEXED BY reports_to_do"
    f" WHERE site_id = ? AND {NOT_CLOSED} AND state = 'open' AND severity = ?"
    " ORDER BY received_at DESC, id DESC LIMIT 1"
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
            newest[severity] = max(newest[severity], row[0] if row else 0)
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
