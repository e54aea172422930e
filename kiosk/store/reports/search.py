"""Full-text search: opens the newest reports in memory, one by one.

There must be no index of words: it would be a readable copy of all reports.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.errors import StoreError
from kiosk.store.base import rows
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.reports import report_lists
from kiosk.store.reports.report_lists import ListedReport, Selection
from kiosk.store.reports.stored_report import SEALED, Opened, Sealed, open_report

LIMIT = 10_000  # reports
CHUNK = 200  # reports per query: a long read would keep the WAL from being truncated

Matches = Callable[[ListedReport, Opened], str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """``hits``: matches, each with an excerpt. ``searched``: number of reports read, the newest ones.

    ``unreadable``: how many of them no available key opens. ``all_searched`` is False when older ones are left.
    """

    hits: tuple[tuple[ListedReport, str], ...]
    searched: int
    unreadable: int
    all_searched: bool


def search(db: Database, selection: Selection, matches: Matches, key_of: KeyOf, *, limit: int = LIMIT) -> Found:
    """``matches`` returns an excerpt, or None for no match. ``key_of`` is called once per key."""
    numbers = _newest(db, selection, limit + 1)
    key_of = _asked_once(key_of)
    found: list[tuple[ListedReport, str]] = []
    unreadable = 0
    for line, sealed in _rows(db, numbers[:limit]):
        try:
            opened = open_report(sealed, key_of)
        except StoreError:
            unreadable += 1
            continue
        excerpt = matches(line, opened)
        if excerpt is not None:
            found.append((line, excerpt))
    return Found(tuple(found), len(numbers[:limit]), unreadable, len(numbers) <= limit)


def _newest(db: Database, selection: Selection, limit: int) -> list[int]:
    by_site = [_newest_of(db, site, limit) for site in selection.sites]
    newest = heapq.merge(*by_site, reverse=True)
    return [number for _, number in islice(newest, limit)]


def _newest_of(db: Database, site: str, limit: int) -> list[tuple[str, int]]:
    return db.execute(
        "SELECT received_at, id FROM reports INDEXED BY reports_shown WHERE site_id = ? AND hidden_as IS NULL"
        " ORDER BY received_at DESC, id DESC LIMIT ?",
        (site, limit),
    ).fetchall()


def _rows(db: Database, numbers: Sequence[int]) -> Iterator[tuple[ListedReport, Sealed]]:
    columns = f"{', '.join(SEALED)}, {report_lists.COLUMNS}"
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        marks = ", ".join("?" for _ in chunk)
        by_number = {
            row["id"]: row
            for row in rows.named(db.execute(f"SELECT {columns} FROM reports WHERE id IN ({marks})", chunk))
        }
        for row in (by_number[number] for number in chunk):
            yield rows.value(row, ListedReport), rows.value(row, Sealed)


def _asked_once(key_of: KeyOf) -> KeyOf:
    """Cache ``key_of``, and also its StoreError for a key that is not available."""
    found: dict[int, X25519PrivateKey | StoreError] = {}

    def remembered(number: int) -> X25519PrivateKey:
        if number not in found:
            try:
                found[number] = key_of(number)
            except StoreError as error:
                found[number] = error
        key = found[number]
        if isinstance(key, StoreError):
            raise key
        return key

    return remembered
