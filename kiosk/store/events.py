"""The trace: append-only and hash-chained, so that an edit, a deletion or a swap shows.

digest = SHA-256(previous digest, number, moment, actor, action, reference, detail). The chain alone cannot show a cut
tail: its head therefore travels in the mails. No event carries what a report says.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock

GENESIS = bytes(32)
SYSTEM = "kiosk"


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


def head(db: Database) -> Head:
    row = db.execute("SELECT id, digest FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, GENESIS)


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


def first_break(db: Database) -> int | None:
    """The number of the first event that does not fit its predecessor, or None when the whole chain holds."""
    expected, previous = 1, GENESIS
    columns = "id, at, actor, action, reference, detail, previous, digest"
    for *row, stored_previous, digest in db.execute(f"SELECT {columns} FROM events ORDER BY id"):
        if row[0] != expected or stored_previous != previous or digest != _digest(previous, tuple(row)):
            return expected
        expected, previous = expected + 1, digest
    return None


def _digest(previous: bytes, row: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(previous + json.dumps(row, ensure_ascii=False).encode()).digest()
