"""In-memory sessions and events for a full disk: staff sign in and read although nothing can be written.

The events are written with the next act that finds room; they are lost with the process, whose log names their number.
A session here ends after an hour at the latest.
"""

import itertools
import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import DiskFull
from kiosk.store.base.connection import file_of, immediate
from kiosk.store.staff.accounts import MEMBER_COLUMNS, Member, as_member
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

log = logging.getLogger(__name__)

LIFETIME = timedelta(hours=1)
MOST = 1000  # events; the oldest stay
GUESS_EVERY = timedelta(seconds=3)  # between two sign-ins of anybody: failures cannot be counted


@dataclass(frozen=True, slots=True)
class UnwrittenSession:
    """``id`` is negative. ``password_hash``: the session ends when the account has another one."""

    id: int
    member: int
    password_hash: str
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


class Unwritten:
    """Sessions and events of one instance in this process. Thread-safe."""

    def __init__(self) -> None:
        self._events: list[tuple[Event, datetime]] = []
        self._sessions: dict[bytes, UnwrittenSession] = {}
        self._numbers = itertools.count(-1, -1)
        self._guessed_at: datetime | None = None
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        return len(self._events)

    def keep(self, event: Event, now: datetime) -> None:
        with self._lock:
            if len(self._events) < MOST:
                self._events.append((event, now))
        log.error("an event could not be written: the disk is full; %d wait for room", self.count)

    def write(self, db: Database, now: datetime) -> None:
        """Write the events that wait, with the moment of each; without effect while there is no room."""
        with self._lock:
            if not self._events:
                return
            late = [replace(each, detail={**each.detail, "at": clock.to_text(at)}) for each, at in self._events]
            try:
                with immediate(db):
                    events.append(db, late, now)
            except DiskFull:
                return
            self._events.clear()

    def wait_to_guess(self, now: datetime) -> int:
        """Seconds to wait; 0 takes the turn."""
        with self._lock:
            if self._guessed_at and timedelta(0) <= now - self._guessed_at < GUESS_EVERY:
                return int(GUESS_EVERY.total_seconds())
            self._guessed_at = now
            return 0

    def begin(self, digest: bytes, session: UnwrittenSession) -> None:
        with self._lock:
            self._sessions[digest] = replace(session, id=next(self._numbers))

    def session(self, digest: bytes, now: datetime, idle: timedelta) -> UnwrittenSession | None:
        with self._lock:
            found = self._sessions.get(digest)
            if found and (now - found.created_at >= LIFETIME or now - found.seen_at >= idle):
                del self._sessions[digest]
                return None
            return found

    def of_member(self, member: int) -> list[UnwrittenSession]:
        with self._lock:
            return [each for each in self._sessions.values() if each.member == member]

    def touch(self, session: int, now: datetime) -> None:
        with self._lock:
            for digest, found in self._sessions.items():
                if found.id == session:
                    self._sessions[digest] = replace(found, seen_at=now)

    def end(self, *sessions: int) -> int:
        """Returns how many ended."""
        with self._lock:
            ended = [digest for digest, found in self._sessions.items() if found.id in sessions]
            for digest in ended:
                del self._sessions[digest]
        return len(ended)


def begin(db: Database, digest: bytes, session: UnwrittenSession, *, actor: str) -> bool:
    """False if the password was changed or the account disabled meanwhile."""
    if member_of(db, session) is None:
        return False
    of(db).begin(digest, session)
    of(db).keep(Event(action="signed_in", actor=actor), session.created_at)
    return True


def member_of(db: Database, session: UnwrittenSession) -> Member | None:
    """None once the password was changed or the account disabled."""
    query = f"SELECT {MEMBER_COLUMNS} FROM staff WHERE id = ? AND active = 1 AND password_hash = ?"
    row = db.execute(query, (session.member, session.password_hash)).fetchone()
    return as_member(row) if row else None


def end_all(db: Database, name: str) -> int:
    """Sessions of an existing account; returns how many ended."""
    member = db.execute("SELECT id FROM staff WHERE name = ?", (name,)).fetchone()[0]
    return of(db).end(*(each.id for each in of(db).of_member(member)))


_of_instances: dict[Path, Unwritten] = {}


def of(db: Database) -> Unwritten:
    return of_file(file_of(db))


def of_file(database: Path) -> Unwritten:
    return _of_instances.setdefault(database.resolve(), Unwritten())
