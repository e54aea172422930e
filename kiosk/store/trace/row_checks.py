"""Comparison of the stored rows with the digests in the trace, report by report, in bounded memory.

For each part of a row the newest digest counts. A part that is written once may not get another one: a second event
cannot explain other words. Words may be gone only by an event of a purge. Where the trace was cut, its last step wrote
the digests of all words that are still kept anew (``carry``), so that only rows without words may lack them.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database

from kiosk.store.base.connection import any_text, immediate
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import RECEIVED, START, Event
from kiosk.store.trace.row_digests import TABLES, Digests

AT_ONCE = 200  # reports per read at most
READ_FOR = 0.02  # seconds that a read should take: erasing waits meanwhile
SOME = 1_000  # reports in the background each minute: a million within 17 hours
PATIENCE = 0.1  # seconds after which the rest waits for the next minute
FEW = 20  # reports per read in the background: on a slow disk each read may wait for several seeks
CARRIED = "words_kept"
CARRY_AT_ONCE = 50  # reports per commit
PURGED = "_purged"  # end of the actions that may explain an absence


class How(StrEnum):
    ALTERED = "altered"
    MISSING = "missing"
    PLANTED = "planted"


@dataclass(frozen=True, slots=True)
class Misfit:
    """``table`` and ``part``: as in row_digests.py; of a whole row, ``part`` is empty."""

    reference: str
    table: str
    part: str
    how: How


@dataclass(slots=True)
class Told:
    """Digests of a report's rows as its events tell them."""

    rows: dict[str, dict[str, str | None]] = field(default_factory=dict)
    from_the_start: bool = False
    is_readable: bool = True
    rewritten: list[tuple[str, str]] = field(default_factory=list)

    def add(self, action: str, stored: str) -> None:
        self.from_the_start |= action in RECEIVED
        try:
            for name, parts in json.loads(stored).items():
                self._add_row(action, name, parts)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            self.is_readable = False  # no event of ours: somebody has appended it

    def _add_row(self, action: str, name: str, parts: Mapping[str, str | None]) -> None:
        table = TABLES[_table(name)]
        known = self.rows.setdefault(name, {})
        for part, digest in parts.items():
            erases = part in table.sealed and digest is None and _may_erase(table.name, action)
            if known.get(part, digest) != digest and table.is_fixed(part) and not erases:
                self.rewritten.append((name, part))
            known[part] = digest


def _may_erase(table: str, action: str) -> bool:
    return action.endswith(PURGED) or table == "deliveries"


def misfits(db: Database) -> Iterator[Misfit]:
    """In the order of the reports. Each batch is one short read, so that neither a writer nor erasing waits for it."""
    last, count, more = None, max(1, AT_ONCE // 10), True
    while more:
        began = time.monotonic()
        last, found = _batch(db, last, count)
        count, more = _next_count(count, time.monotonic() - began), last is not None
        yield from found
        time.sleep(events.PAUSE)


def _next_count(count: int, seconds: float) -> int:
    """Some reports have a thousand events, some have three."""
    return max(1, count // 2) if seconds > READ_FOR else min(AT_ONCE, count * 2)


def compare_some(db: Database, after: int | None) -> tuple[int | None, Misfit | None]:
    """Compare the reports after number ``after``, as many as ``SOME`` and ``PATIENCE`` allow.

    Returns the number of the last one, None when there are no more, and a misfit, which ends the comparison.
    """
    until = time.monotonic() + PATIENCE
    for _ in range(SOME // FEW):
        last, found = _batch(db, after, FEW)
        if found or last is None:
            return None, found[0] if found else None
        after = last
        if time.monotonic() >= until:
            break
    return after, None


def _batch(db: Database, after: int | None, most: int) -> tuple[int | None, list[Misfit]]:
    """With the number of the last report, None when there are no more. Planted rows may have numbers below 1."""
    bounded = "" if after is None else f" WHERE id > {after:d}"
    with _reading(db):
        batch = db.execute(f"SELECT id, reference FROM reports{bounded} ORDER BY id LIMIT ?", (most,)).fetchall()
        return batch[-1][0] if batch else None, list(_compared(db, batch))


@contextmanager
def _reading(db: Database) -> Iterator[None]:
    """One snapshot: an act between two reads would look like a misfit."""
    db.conn.execute("BEGIN")
    try:
        with any_text(db):
            yield
    finally:
        db.conn.rollback()


def _compared(db: Database, batch: Sequence[tuple[int, str]]) -> Iterator[Misfit]:
    told = _told(db, [reference for _, reference in batch])
    stored = _stored(db, [number for number, _ in batch])
    was_cut = events.origin(db) != START
    for number, reference in batch:
        said = told.get(reference, Told())
        yield from _of_report(reference, said, stored[number], may_lack=was_cut and not said.from_the_start)


def _told(db: Database, references: Sequence[str]) -> dict[str, Told]:
    rows = db.execute(
        "SELECT reference, action, stored FROM events WHERE reference IN (SELECT value FROM json_each(?))"
        " AND stored != '' ORDER BY events.id",
        (json.dumps(references),),
    )
    told: dict[str, Told] = {}
    for reference, action, stored in rows:
        told.setdefault(reference, Told()).add(action, stored)
    return told


def _stored(db: Database, numbers: Sequence[int]) -> dict[int, dict[str, Digests]]:
    """By report; read row by row, for the words may be long."""
    stored: dict[int, dict[str, Digests]] = {number: {} for number in numbers}
    for table in TABLES.values():
        rows = db.execute(
            f"SELECT {table.report}, {table.expressions} FROM {table.name}"
            f" WHERE {table.report} IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
        for report_id, *row in rows:
            name, digests = table.digests(row)
            stored[report_id][name] = digests
    return stored


def _of_report(reference: str, told: Told, stored: Mapping[str, Digests], *, may_lack: bool) -> Iterator[Misfit]:
    if not told.is_readable:
        yield Misfit(reference, "reports", "", How.ALTERED)
    for name, part in told.rewritten:
        yield Misfit(reference, _table(name), part, How.ALTERED)
    for name in told.rows.keys() - stored.keys():
        yield Misfit(reference, _table(name), "", How.MISSING)
    for name, digests in stored.items():
        known = told.rows.get(name, {})
        lacks = may_lack and not _has_words(name, digests)
        if not known and not lacks:
            yield Misfit(reference, _table(name), "", How.PLANTED)
            continue
        for part, digest in digests.items():
            if not (known[part] == digest if part in known else lacks):
                yield Misfit(reference, _table(name), part, How.MISSING if digest is None else How.ALTERED)


def _has_words(name: str, digests: Digests) -> bool:
    return any(digests[part] is not None for part in TABLES[_table(name)].sealed)


def _table(name: str) -> str:
    return name.split(" ", 1)[0]


# Tables with words, and how SQL sees that there are some.
WORDS = (
    "EXISTS (SELECT 1 FROM notes WHERE report_id = reports.id AND text IS NOT NULL)",
    "EXISTS (SELECT 1 FROM additions WHERE report_id = reports.id AND content IS NOT NULL)",
    "EXISTS (SELECT 1 FROM replies WHERE report_id = reports.id AND coalesce(for_reporter, for_staff) IS NOT NULL)",
    "EXISTS (SELECT 1 FROM breaches WHERE report_id = reports.id AND details IS NOT NULL)",
)
HAS_WORDS = " OR ".join(("content IS NOT NULL", "contact IS NOT NULL", *WORDS))


def carry(db: Database, until: int, now: datetime) -> bool:
    """Write anew, for some reports, the digests that stand in events up to number ``until``; False if none is left.

    Only digests that the trace holds are carried, so an altered row stays one that does not fit.
    """
    chosen = (
        "SELECT id, reference FROM reports WHERE reference IN (SELECT reference FROM events WHERE id <= ? AND id > ?"
        f" AND reference IS NOT NULL) AND ({HAS_WORDS}) AND NOT EXISTS (SELECT 1 FROM events"
        f" WHERE events.reference = reports.reference AND action = '{CARRIED}' AND events.id > ?) LIMIT ?"
    )
    values = (until, events.origin(db).sequence, until)
    if not db.execute(chosen, (*values, 1)).fetchone():
        return False
    with immediate(db):
        reports = db.execute(chosen, (*values, CARRY_AT_ONCE)).fetchall()
        told = _told(db, [reference for _, reference in reports])
        stored = _stored(db, [number for number, _ in reports])
        events.append(db, [_carried(told.get(each[1], Told()), stored[each[0]], each[1]) for each in reports], now)
    return True


def _carried(told: Told, stored: Mapping[str, Digests], reference: str) -> Event:
    kept = {name: told.rows[name] for name in stored if name in told.rows and _has_words(name, stored[name])}
    return row_digests.storing(Event(action=CARRIED, reference=reference), kept)
