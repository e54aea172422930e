"""The pair of keys of each member who may read: the private half only wrapped by their password.

All but ``current`` and ``make`` act inside the caller's write transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.roles import READERS
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class NewPair:
    public_key: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    id: int
    public_key: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a pair. No ``sites`` means all of them."""

    pair: int
    public_key: bytes
    name: str
    sites: tuple[str, ...]

    def serves(self, site: str) -> bool:
        return not self.sites or site in self.sites


def current(db: Database, staff_id: int) -> Pair | None:
    row = db.execute(
        "SELECT id, public_key, wrapped FROM staff_keys WHERE staff_id = ? AND retired_at IS NULL", (staff_id,)
    ).fetchone()
    return Pair(*row) if row else None


def make(db: Database, staff_id: int, new: NewPair, now: datetime) -> bool:
    """For an account from before there were pairs; False when it got one meanwhile."""
    with immediate(db):
        if current(db, staff_id):
            return False
        add(db, staff_id, new, now)
    return True


def add(db: Database, staff_id: int, new: NewPair, now: datetime) -> None:
    db.execute(
        "INSERT INTO staff_keys (staff_id, public_key, wrapped, created_at) VALUES (?, ?, ?, ?)",
        (staff_id, new.public_key, new.wrapped, clock.to_text(now)),
    )
    name = db.execute("SELECT name FROM staff WHERE id = ?", (staff_id,)).fetchone()[0]
    events.append(db, [Event(action="key_pair_made", actor=name)], now)


def rewrap(db: Database, staff_id: int, pair: NewPair) -> bool:
    """The same pair under another password; False when it is not theirs any more."""
    changed = db.execute(
        "UPDATE staff_keys SET wrapped = ? WHERE staff_id = ? AND public_key = ? AND retired_at IS NULL",
        (pair.wrapped, staff_id, pair.public_key),
    )
    return changed.rowcount == 1


def retire(db: Database, name: str, now: datetime) -> list[int]:
    """The numbers of the site keys that it opened. Its wrapping and its grants are erased."""
    row = db.execute(
        "SELECT staff_keys.id FROM staff_keys JOIN staff ON staff.id = staff_id WHERE name = ? AND retired_at IS NULL",
        (name,),
    ).fetchone()
    if row is None:
        return []
    opened = db.execute("DELETE FROM key_grants WHERE staff_key_id = ? RETURNING site_key_id", row).fetchall()
    db.execute("UPDATE staff_keys SET wrapped = NULL, retired_at = ? WHERE id = ?", (clock.to_text(now), *row))
    events.append(db, [Event(action="key_pair_retired", detail={"account": name})], now)
    return [number for (number,) in opened]


def readers(db: Database) -> list[Reader]:
    """Everybody who may read and has a pair, in any transaction or none."""
    marks = ", ".join("?" for _ in READERS)
    rows = db.execute(
        "SELECT staff_keys.id, public_key, name, sites FROM staff_keys JOIN staff ON staff.id = staff_id"
        f" WHERE retired_at IS NULL AND active = 1 AND role IN ({marks}) ORDER BY name",
        READERS,
    )
    return [Reader(pair, public, name, tuple(json.loads(sites))) for pair, public, name, sites in rows.fetchall()]
