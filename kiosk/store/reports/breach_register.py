"""Register of personal-data breaches: sorted, site by site, from an index, so that a page is flat in cost."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.reports import breaches, report_lists
from kiosk.store.reports.breaches import Breach

HIDDEN = (
    "SELECT count(*) FROM reports INDEXED BY reports_hidden JOIN breaches ON report_id = reports.id"
    " WHERE hidden_as IS NOT NULL AND decision IS NULL"
)
NEAREST = (
    "SELECT breaches.deadline_at FROM breaches INDEXED BY breaches_undecided JOIN reports ON reports.id = report_id"
    " WHERE breaches.site_id = ? AND decision IS NULL AND hidden_as IS NULL ORDER BY breaches.deadline_at LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Part:
    """Breaches that ``index`` holds in the order of ``column``, a field of ``Breach``."""

    index: str
    where: str
    column: str
    newest_first: bool = False


UNDECIDED = Part("breaches_undecided", "decision IS NULL", "deadline_at")
DECIDED = Part("breaches_settled", "decision IS NOT NULL", "opened_at", newest_first=True)
PARTS = {"all": (UNDECIDED, DECIDED), "undecided": (UNDECIDED,), "decided": (DECIDED,)}


def find(db: Database, *, sites: Sequence[str] | None, state: str = "all", limit: int | None = None) -> list[Breach]:
    """Breaches of the sites (None: of all), undecided ones first; ``state``: a key of PARTS; ``limit`` None: all."""
    wanted = report_lists.all_sites(db) if sites is None else sites
    found: list[Breach] = []
    for part in PARTS[state]:
        left = None if limit is None else limit - len(found)
        by_site = [breaches.select(db, *by(part, site, left), index=part.index) for site in wanted]
        merged = heapq.merge(*by_site, key=attrgetter(part.column, "report_id"), reverse=part.newest_first)
        found += islice(merged, left)
    return found


def by(part: Part, site: str, limit: int | None) -> tuple[str, tuple[str, int]]:
    """Condition and order for one site, with their values."""
    order = " DESC" if part.newest_first else ""
    where = f"breaches.site_id = ? AND {part.where}"
    sorted_by = f"breaches.{part.column}{order}, report_id{order}"
    return f"{where} ORDER BY {sorted_by} LIMIT ?", (site, -1 if limit is None else limit)


def undecided(db: Database) -> tuple[int, datetime | None]:
    """Number of undecided breaches, and their earliest deadline. Hidden reports do not count."""
    waiting = db.execute("SELECT count(*) FROM breaches INDEXED BY breaches_undecided WHERE decision IS NULL")
    count: int = waiting.fetchone()[0] - db.execute(HIDDEN).fetchone()[0]
    first = [row[0] for site in report_lists.all_sites(db) for row in db.execute(NEAREST, (site,))]
    return count, clock.from_text(min(first)) if first else None
