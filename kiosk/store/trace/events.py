"""Trace: append-only, hash-chained events. An edit, a deletion or a swap breaks the chain.

digest = SHA-256(previous digest, number, moment, actor, action, reference, detail, stored). The chain alone does not
show that its end is missing: the mails therefore carry its head. No event holds the content of a report; ``stored`` has
the digests of the rows that the event stores or erases (see row_digests.py).
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.trace_head import TraceHead

GENESIS = bytes(32)
SYSTEM = "kiosk"
RECEIVED = ("report_received", "report_entered")  # actions that store a report
BATCH = 2_000  # events per read: about 20 ms
PAUSE = 0.005  # seconds between two reads of a long verification: erasing needs a moment without a reader
COLUMNS = "id, at, actor, action, reference, detail, stored, previous, digest"
# As in the index events_of_the_kiosk: SQLite uses it for the same list only.
OF_THE_KIOSK = "action IN ('backup_written', 'follow_up_secret_replaced', 'trace_cut')"
LOWEST_ROWID = -(2**63)
ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``detail``: JSON-able, or moments; no content, codes or names of reporters. ``stored``: see row_digests.py."""

    action: str
    actor: str = SYSTEM
    reference: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    stored: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


START = TraceHead(0, GENESIS)


def head(db: Database) -> TraceHead:
    row = db.execute("SELECT id, digest FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return TraceHead(*row) if row else START


def append(db: Database, events: Iterable[Event], now: datetime) -> TraceHead:
    """Inside the caller's write transaction, which keeps the chain linear. Returns the new head."""
    last = head(db)
    for event in events:
        row = (
            last.sequence + 1,
            clock.to_text(now),
            event.actor,
            event.action,
            event.reference,
            json.dumps(event.detail, sort_keys=True, ensure_ascii=False, default=clock.to_text),
            json.dumps(event.stored, sort_keys=True) if event.stored else "",
        )
        digest = _digest(last.digest, row)
        marks = ", ".join("?" for _ in (*row, last.digest, digest))
        db.execute(f"INSERT INTO events ({COLUMNS}) VALUES ({marks})", (*row, last.digest, digest))
        last = TraceHead(row[0], digest)
    return last


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """``head``: last event that fits. ``broken_at``: number of the first that does not."""

    head: TraceHead
    broken_at: int | None
    at_end: bool


def origin(db: Database) -> TraceHead:
    """Head that the first stored event must follow: the newest anchor if the trace was cut, else the start."""
    if not has_anchors(db):
        return START
    row = db.execute("SELECT sequence, digest FROM trace_anchors ORDER BY sequence DESC LIMIT 1").fetchone()
    return TraceHead(*row) if row else START


def has_anchors(db: Database) -> bool:
    """False for a database of an older version."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'trace_anchors'").fetchone() is not None


def follow(db: Database, since: TraceHead = START, *, limit: int = BATCH) -> ChainCheck:
    """Verify ``since`` and at most ``limit`` events after it, in one short read. Cut events count as verified."""
    anchor = origin(db)
    if since.sequence < anchor.sequence:
        return follow(db, anchor, limit=limit)
    if since.sequence and digest_at(db, since.sequence) != since.digest:
        return ChainCheck(since, min(since.sequence, head(db).sequence + 1), at_end=True)
    last = since
    for row in _rows(db, since, limit):
        *told, previous, digest = row
        if told[:1] != [last.sequence + 1] or previous != last.digest or digest != _digest_or_none(previous, told):
            return ChainCheck(last, last.sequence + 1, at_end=True)
        last = TraceHead(told[0], digest)
    return ChainCheck(last, None, at_end=last.sequence - since.sequence < limit)


def follow_all(db: Database) -> ChainCheck:
    """Verify the whole chain, in reads so short that neither a writer nor erasing waits for them."""
    followed = follow(db, limit=BATCH)
    while not followed.at_end:
        time.sleep(PAUSE)
        followed = follow(db, followed.head, limit=BATCH)
    return followed


def slices(db: Database) -> Iterator[tuple[int, int]]:
    """Numbers of events to be read together: above the first, up to the second. No read stays open between them."""
    after = origin(db).sequence or LOWEST_ROWID
    chosen = "SELECT max(id) FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?)"
    while (upto := db.execute(chosen, (after, BATCH)).fetchone()[0]) is not None:
        yield after, upto
        after = upto
        time.sleep(PAUSE)


def first_break(db: Database) -> int | None:
    """Number of the first event that does not fit; None when the chain holds."""
    return follow_all(db).broken_at


def digest_at(db: Database, sequence: int) -> bytes | None:
    """Also of the anchor, whose event is deleted."""
    anchor = origin(db)
    if sequence and sequence == anchor.sequence:
        return anchor.digest
    row = db.execute("SELECT digest FROM events WHERE id = ?", (sequence,)).fetchone()
    return row[0] if row else None


def _rows(db: Database, since: TraceHead, limit: int) -> Iterator[tuple[Any, ...]]:
    """If ``since`` is the start: all rows, even those with a number below 1."""
    first = since.sequence + 1 if since.sequence else LOWEST_ROWID
    found = db.execute(f"SELECT {COLUMNS} FROM events WHERE id >= ? ORDER BY id LIMIT ?", (first, limit))
    while True:
        try:
            row = found.fetchone()
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
            row = (None,) * 9  # raised by Python, not by SQLite: a text column holds bytes that are not UTF-8
        if row is None:
            return
        yield row


def _digest_or_none(previous: bytes, row: list[Any]) -> bytes | None:
    """None for values that no event can hold."""
    try:
        return _digest(previous, row)
    except (TypeError, ValueError):
        return None


def _digest(previous: bytes, row: Sequence[Any]) -> bytes:
    return hashlib.sha256(previous + ENCODER.encode(row).encode()).digest()
