"""Lines of similar reports: same kind, site and zone (none counts as one) within ten minutes of the first.

A line is stored with each report at intake and never changes: lists fold reports that share one. It takes a new report
as long as one of its own is neither closed nor hidden. What comes after staff have ended a whole line is to be judged
anew, so it begins a line of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock

TOGETHER = timedelta(minutes=10)  # from the first report of a line


@dataclass(frozen=True, slots=True)
class LineKey:
    """Id of the first report, and when it came."""

    id: int
    at: str


FIRST = (
    "SELECT id, received_at FROM reports INDEXED BY reports_that_begin_a_line WHERE line_id = id"
    " AND site_id = :site AND kind = :kind AND zone IS :zone AND received_at > :since AND received_at <= :now"
    " ORDER BY received_at DESC, id DESC LIMIT 1"
)
TO_DO = (
    "SELECT 1 FROM reports INDEXED BY reports_in_lines WHERE site_id = :site AND line_at = :at AND line_id = :line"
    " AND state IN ('open', 'acknowledged') AND hidden_as IS NULL LIMIT 1"
)


def line_of_next(db: Database, number: int, *, site: str, kind: str, zone: str | None, now: datetime) -> LineKey:
    """Line of the report to be stored as ``number``. Inside the caller's transaction."""
    since, moment = clock.to_text(now - TOGETHER), clock.to_text(now)
    place = {"site": site, "kind": kind, "zone": zone, "since": since, "now": moment}
    row = db.execute(FIRST, place).fetchone()
    if row and db.execute(TO_DO, {"site": site, "line": row[0], "at": row[1]}).fetchone():
        return LineKey(*row)
    return LineKey(number, moment)
