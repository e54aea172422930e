"""Key pairs of readers; the private key is stored only encrypted by the reader's password.

``add``, ``rewrap`` and ``retire`` run inside the caller's transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.fingerprint import fingerprint
from kiosk.domain.roles import READERS
from kiosk.store.base.connection import any_text, immediate
from kiosk.store.trace import account_ledger, events
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
    """A member with a key pair. Empty ``sites``: all sites."""

    pair: int
    public_key: bytes
    name: str
    sites: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    def serves(self, site: str) -> bool:
        return not self.sites or site in self.sites


def current(db: Database, staff_id: int) -> Pair | None:
    row = db.execute(
        "SELECT id, public_key, wrapped FROM staff_keys WHERE staff_id = ? AND retired_at IS NULL", (staff_id,)
    ).fetchone()
    return Pair(*row) if row else None


def make(db: Database, staff_id: int, new: NewPair, now: datetime) -> bool:
    """For an account older than key pairs; False if it has one by now."""
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
    detail = {"account": name, "fingerprint": fingerprint(new.public_key)}
    events.append(db, [Event(action="key_pair_made", actor=name, detail=detail)], now)


def rewrap(db: Database, staff_id: int, pair: NewPair) -> bool:
    """Same pair, new password; False if the pair is no longer current."""
    changed = db.execute(
        "UPDATE staff_keys SET wrapped = ? WHERE staff_id = ? AND public_key = ? AND retired_at IS NULL",
        (pair.wrapped, staff_id, pair.public_key),
    )
    return changed.rowcount == 1


def retire(db: Database, name: str, now: datetime) -> list[int]:
    """Erase the wrapped key and the grants; returns the numbers of the site keys that it opened."""
    row = db.execute(
        "SELECT staff_keys.id, public_key FROM staff_keys JOIN staff ON staff.id = staff_id"
        " WHERE name = ? AND retired_at IS NULL",
        (name,),
    ).fetchone()
    if row is None:
        return []
    pair, public_key = row
    opened = db.execute("DELETE FROM key_grants WHERE staff_key_id = ? RETURNING site_key_id", (pair,)).fetchall()
    db.execute("UPDATE staff_keys SET wrapped = NULL, retired_at = ? WHERE id = ?", (clock.to_text(now), pair))
    detail = {"account": name, "fingerprint": fingerprint(public_key)}
    events.append(db, [Event(action="key_pair_retired", detail=detail)], now)
    return [number for (number,) in opened]


def readers(db: Database) -> list[Reader]:
    """All active readers with a key pair."""
    marks = ", ".join("?" for _ in READERS)
    query = (
        "SELECT staff_keys.id, public_key, name, sites FROM staff_keys JOIN staff ON staff.id = staff_id"
        f" WHERE retired_at IS NULL AND active = 1 AND role IN ({marks}) ORDER BY name"
    )
    with any_text(db):
        rows = db.execute(query, READERS).fetchall()
    return [Reader(pair, public, name, sites_of(sites)) for pair, public, name, sites in rows]


def sites_of(text: str) -> tuple[str, ...]:
    """A site that there is not for what only somebody past the kiosk can have written: empty would mean all."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    return tuple(str(site) for site in read) if isinstance(read, list) else ("",)


def known(db: Database) -> list[Reader]:
    """Readers whose account and pair stand in the trace."""
    ledger = account_ledger.read(db)
    return [reader for reader in readers(db) if ledger.knows(reader.name, reader.fingerprint)]


def trusted(db: Database) -> list[Reader]:
    """Readers who may get keys: somebody has compared the fingerprint of their pair."""
    ledger = account_ledger.read(db)
    return [each for each in readers(db) if ledger.trusts(each.name, each.fingerprint, each.sites)]


def confirm(db: Database, reader: Reader, now: datetime, *, by: str) -> None:
    """Inside the caller's transaction. ``by``: who has compared the fingerprint."""
    detail = {"account": reader.name, "fingerprint": reader.fingerprint}
    events.append(db, [Event(action="key_confirmed", actor=by, detail=detail)], now)
