"""The trace: append-only and hash-chained, so that an edit, a deletion or a swap shows.

digest = SHA-256(previous digest, number, moment, actor, action, reference, detail). The chain alone cannot show a cut
tail: its head therefore travels in the mails. No event carries what a report says.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.trace_head import TraceHead

GENESIS = bytes(32)
SYSTEM = "kiosk"
BATCH = 20_000  # events read at once: a fifth of a second
COLUMNS = "id, at, actor, action, reference, detail, previous, digest"
LOWEST_ROWID = -(2**63)
ENCODER = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; ``detail`` is JSON-able and free of content, codes and names of reporters."""

    action: str
    actor: str = SYSTEM
    reference: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    sequence: int
    digest: bytes


START = Head(0, GENESIS)


def head(db: Database) -> Head:
    row = db.execute("SELECT id, digest FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else START


def append(db: Database, events: Iterable[Event], now: datetime) -> Head:
    """Adds the events inside the caller's write transaction (which keeps the chain in one line); the new head."""
    last = head(db)
    for event in events:
        row = (
            last.sequence + 1,
            clock.to_text(now),
            event.actor,
            event.action,
            event.reference,
            json.dumps(event.detail, sort_keys=True, ensure_ascii=False),
        )
        digest = _digest(last.digest, row)
        db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, last.digest, digest))
        last = Head(row[0], digest)
    return last


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """How far the chain holds: ``head`` is the last event that fits, ``broken_at`` the number that fits no more."""

    head: Head
    broken_at: int | None
    at_end: bool


def origin(db: Database) -> Head:
    """What the first event that is kept must fit: the newest anchor where the trace was cut, else its start."""
    if not has_anchors(db):
        return START
    row = db.execute("SELECT sequence, digest FROM trace_anchors ORDER BY sequence DESC LIMIT 1").fetchone()
    return Head(*row) if row else START


def has_anchors(db: Database) -> bool:
    """False for a trace as an older version left it."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'trace_anchors'").fetchone() is not None


def follow(db: Database, since: Head = START, *, limit: int = BATCH) -> ChainCheck:
    """Checks ``since`` and at most ``limit`` events behind it, in one short reading; what was cut counts as checked."""
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
        last = Head(told[0], digest)
    return ChainCheck(last, None, at_end=last.sequence - since.sequence < limit)


def follow_all(db: Database) -> ChainCheck:
    """The whole chain, in readings short enough that nobody who writes has to wait for them."""
    followed = follow(db)
    while not followed.at_end:
        followed = follow(db, followed.head)
    return followed


def first_break(db: Database) -> int | None:
    """The number of the first event that does not fit its predecessor, or None when the whole chain holds."""
    return follow_all(db).broken_at


def digest_at(db: Database, sequence: int) -> bytes | None:
    """Also of the anchor, whose event is gone."""
    anchor = origin(db)
    if sequence and sequence == anchor.sequence:
        return anchor.digest
    row = db.execute("SELECT digest FROM events WHERE id = ?", (sequence,)).fetchone()
    return row[0] if row else None


def _rows(db: Database, since: Head, limit: int) -> Iterator[tuple[Any, ...]]:
    """Everything from the first row on, whatever its number, when ``since`` is the start."""
    first = since.sequence + 1 if since.sequence else LOWEST_ROWID
    found = db.execute(f"SELECT {COLUMNS} FROM events WHERE id >= ? ORDER BY id LIMIT ?", (first, limit))
    while True:
        try:
            row = found.fetchone()
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
            row = (None,) * 8  # not SQLite's own: somebody has put bytes there that are no text
        if row is None:
            return
        yield row


def _digest_or_none(previous: bytes, row: list[Any]) -> bytes | None:
    """None for what none of our events can hold."""
    try:
        return _digest(previous, row)
    except (TypeError, ValueError):
        return None


def _digest(previous: bytes, row: Sequence[Any]) -> bytes:
    return hashlib.sha256(previous + ENCODER.encode(row).encode()).digest()


def trace_head(db: Database) -> TraceHead:
    last = head(db)
    return TraceHead(last.sequence, last.digest.hex())
