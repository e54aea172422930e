"""Pages of a report list: lines of similar reports, with keyset pagination.

Every list is read from an index in its own order, site by site, from one line to the next: a page costs the same
however many reports there are, and however many a line holds. A line stands where its worst report of the list stands,
once, so no page splits it; reports that are to be taken and those that somebody has are two lists. What needs an answer
comes first.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.handling import ReportState
from kiosk.domain.severity import Severity
from kiosk.store.base import rows
from kiosk.store.reports.lines import TOGETHER
from kiosk.store.reports.report_lists import COLUMNS, LANES, Lane, ListedReport, Selection, View, moments

PAGE = 50  # lines
SHOWN = 10  # reports of a line


class Place(NamedTuple):
    """Keyset of a page: lane and id of the last line before it."""

    lane: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """``shown``: its worst reports, then the oldest, SHOWN at most. ``count`` and the moments: of those in the list.

    ``open`` and ``taken``: how many of the whole line are, whatever the list and its days; ``open_here`` and
    ``taken_here``: of those in the list. ``takers``: account and name of whoever has some of the list. ``newest``: id.
    ``added``: references of those in the list that their reporters completed.
    """

    shown: tuple[ListedReport, ...]
    count: int
    open: int
    taken: int
    open_here: int
    taken_here: int
    first_at: datetime
    last_at: datetime
    newest: int
    takers: tuple[tuple[str, str], ...] = ()
    added: tuple[str, ...] = ()

    @property
    def head(self) -> ListedReport:
        return self.shown[0]


@dataclass(frozen=True, slots=True)
class Page:
    """``after``: where the next page starts; None on the last one."""

    lines: tuple[ReportLine, ...]
    after: Place | None


def page(db: Database, selection: Selection, after: Place | None = None, *, size: int = PAGE) -> Page:
    found: list[Place] = []
    lanes = LANES[selection.view]
    first = after.lane if after else 0
    for number, lane in enumerate(lanes[first:], first):
        behind = after.line if after and after.lane == number else None
        found += [Place(number, line) for line in lane_lines(db, selection, lane, behind, size + 1 - len(found))]
        if len(found) > size:
            return Page(_read(db, selection, found[:size]), found[size - 1])
    return Page(_read(db, selection, found), None)


def lane_lines(db: Database, selection: Selection, lane: Lane, behind: int | None, limit: int) -> list[int]:
    given = values(selection, lane, behind, limit)
    wanted = statement(selection, lane)
    by_site = [row for site in selection.sites for row in db.execute(wanted, given | {"site": site}).fetchall()]
    return [line for _, line in sorted(by_site, reverse=not lane.oldest_first)[:limit]]


def statement(selection: Selection, lane: Lane) -> str:
    """From line to line: each step is one search of the index.

    SQLite would read a whole line for a step beyond (line_at, line_id), so the next column is in it too.
    """
    direction, beyond, order = (">", "~", "") if lane.oldest_first else ("<", "", " DESC")
    worse = [each for each in Severity if lane.severity and each.rank < lane.severity.rank]
    elsewhere = "".join(
        f" AND NOT EXISTS (SELECT 1 FROM reports INDEXED BY {lane.index} WHERE site_id = :site"
        f" AND line_at = walk_at AND line_id = line AND {_conditions(selection, _of_severity(lane, each))})"
        for each in worse
    )
    last = "coalesce((SELECT line_at FROM reports AS last WHERE last.id = walk.line), :edge)"
    step = (
        f"SELECT line_id FROM reports INDEXED BY {lane.index} WHERE site_id = :site AND {_conditions(selection, lane)}"
        f"{_end(selection, lane)} AND (line_at, line_id, {lane.next_column}) {direction}"
        f" ({last}, walk.line, '{beyond}') ORDER BY line_at{order}, line_id{order} LIMIT 1"
    )
    return (
        f"WITH RECURSIVE walk (line) AS (SELECT :behind UNION ALL SELECT ({step}) FROM walk"
        " WHERE walk.line IS NOT NULL)"
        " SELECT (SELECT line_at FROM reports AS first WHERE first.id = line) AS walk_at, line FROM walk"
        f" WHERE line IS NOT NULL AND line != :behind{elsewhere} LIMIT :limit"
    )


def values(selection: Selection, lane: Lane, behind: int | None, limit: int) -> dict[str, Any]:
    """``edge``: before the moment of the first line, for a walk that begins at no line."""
    narrowed = _narrowed(selection)
    nowhere, edge = (0, narrowed["earliest"] or "") if lane.oldest_first else (2**62, narrowed["before"] or "~")
    return {**narrowed, "behind": behind or nowhere, "edge": edge, "limit": limit}


def _of_severity(lane: Lane, severity: Severity) -> Lane:
    return next(each for each in LANES[View.TO_DO] if (each.severity, each.state) == (severity, lane.state))


def _conditions(selection: Selection, lane: Lane) -> str:
    return " AND ".join([lane.where, *(["kind = :kind"] if selection.kind else []), *_days(selection)])


def _days(selection: Selection) -> list[str]:
    first = ["received_at >= :first"] if selection.first else []
    return first + (["received_at < :before"] if selection.before else [])


def _end(selection: Selection, lane: Lane) -> str:
    """End of a walk; it begins at ``edge``. With both bounds here SQLite would begin every step anew."""
    if lane.oldest_first:
        return " AND line_at < :before" if selection.before else ""
    return " AND line_at > :earliest" if selection.first else ""


def _narrowed(selection: Selection) -> dict[str, Any]:
    earliest = selection.first and clock.to_text(selection.first - TOGETHER)
    return {"kind": selection.kind, "earliest": earliest, **moments(selection)}


# ---- what a line shows


@dataclass(frozen=True, slots=True)
class Tally:
    """Reports of a line that are alike: ``every`` in all; of those within the days, ``count``, moments, newest id."""

    line: int
    state: ReportState
    severity: Severity
    every: int
    count: int
    first_at: datetime | None
    last_at: datetime | None
    newest: int | None


HEADS = (
    "WITH heads (line, site, at) AS MATERIALIZED (SELECT reports.id, site_id, line_at FROM json_each(:lines)"
    " CROSS JOIN reports ON reports.id = json_each.value) SELECT"
)
PARTS = (
    f"{HEADS} line_id AS line, state, severity, count(*) AS every, count(*) FILTER (WHERE {{days}}) AS count,"
    " min(received_at) FILTER (WHERE {days}) AS first_at, max(received_at) FILTER (WHERE {days}) AS last_at,"
    " max(id) FILTER (WHERE {days}) AS newest FROM heads CROSS JOIN reports {among} GROUP BY 1, 2, 3"
)
MEMBERS = (
    f"{HEADS} {COLUMNS} FROM heads CROSS JOIN reports ON reports.id IN"
    " (SELECT id FROM reports {among} ORDER BY severity, received_at, id LIMIT :limit)"
    " ORDER BY line_id, severity, received_at, id"
)
COMPLETED = (
    f"{HEADS} line_id, reference FROM heads CROSS JOIN reports {{among}}"
    " AND EXISTS (SELECT 1 FROM additions WHERE report_id = reports.id)"
)
TAKERS = (
    f"{HEADS} DISTINCT line_id, taken_account, taken_by FROM heads CROSS JOIN reports {{among}}"
    " AND state = 'acknowledged' ORDER BY taken_by"
)


def _read(db: Database, selection: Selection, places: Sequence[Place]) -> tuple[ReportLine, ...]:
    """Lanes of one state are one list."""
    lanes = LANES[selection.view]
    read: list[ReportLine] = []
    for state, group in groupby(places, key=lambda place: lanes[place.lane].state):
        read += _lines(db, selection, [place.line for place in group], state)
    return tuple(read)


def _lines(db: Database, selection: Selection, lines: list[int], state: ReportState | None) -> list[ReportLine]:
    """Without a line that has left the list since its page was read."""
    given = {**_narrowed(selection), "lines": json.dumps(lines), "state": state, "limit": SHOWN}
    of_line, days = among(selection), " AND ".join(_days(selection)) or "true"
    whole = among(replace(selection, first=None, before=None))
    of_state = f"{of_line} AND state = :state" if state else of_line
    parts = list(rows.every(db.execute(PARTS.format(among=whole, days=days), given), Tally))
    listed = rows.every(db.execute(MEMBERS.format(among=of_state), given), ListedReport)
    added = db.execute(COMPLETED.format(among=of_state), given).fetchall()
    takers = db.execute(TAKERS.format(among=of_state), given).fetchall()
    members = {line: tuple(group) for line, group in groupby(listed, key=lambda report: report.line)}
    own = {part.line for part in parts if part.count and state in (None, part.state)}
    return [_line(members[line], parts, state, added, takers) for line in lines if line in members and line in own]


def among(selection: Selection) -> str:
    hidden = selection.view is View.HIDDEN
    index, shown = ("reports_hidden", "hidden_as IS NOT NULL") if hidden else ("reports_in_lines", "hidden_as IS NULL")
    of_line = "site_id = heads.site AND line_at = heads.at AND line_id = heads.line"
    return f"INDEXED BY {index} WHERE {' AND '.join([of_line, shown, *_days(selection)])}"


def _line(
    shown: tuple[ListedReport, ...],
    parts: list[Tally],
    state: ReportState | None,
    added: list[tuple[int, str]],
    takers: list[tuple[int, str, str]],
) -> ReportLine:
    line = shown[0].line
    parts = [part for part in parts if part.line == line]
    own = [part for part in parts if part.count and state in (None, part.state)]
    return ReportLine(
        shown=shown,
        count=sum(part.count for part in own),
        open=sum(part.every for part in parts if part.state == ReportState.OPEN),
        taken=sum(part.every for part in parts if part.state == ReportState.ACKNOWLEDGED),
        open_here=sum(part.count for part in own if part.state == ReportState.OPEN),
        taken_here=sum(part.count for part in own if part.state == ReportState.ACKNOWLEDGED),
        first_at=min(part.first_at for part in own if part.first_at),
        last_at=max(part.last_at for part in own if part.last_at),
        newest=max(part.newest for part in own if part.newest),
        takers=tuple((account, name) for number, account, name in takers if number == line),
        added=tuple(reference for number, reference in added if number == line),
    )
