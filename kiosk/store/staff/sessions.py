"""Staff sessions.

The browser holds a random id, the database its SHA-256. The role is read again at every request.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.staff import sign_in_throttle
from kiosk.store.staff.accounts import MEMBER_COLUMNS, Member, as_member
from kiosk.store.staff.sign_in_throttle import Bucket
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

LIFETIME = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=1)  # one write a minute, not one a request
DEVICES = 10  # known browsers per member
DEVICE_LIFETIME = timedelta(days=90)


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """``replaces``: digest of the browser's previous session id. ``device``: digest of its browser cookie."""

    digest: bytes
    device: bytes
    replaces: bytes | None = None
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    member: Member
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str


SESSIONS = (
    f"SELECT {MEMBER_COLUMNS}, staff_sessions.id, staff_sessions.created_at, seen_at, ends_at, address, agent"
    " FROM staff_sessions JOIN staff ON staff.id = staff_id WHERE staff.active = 1"
)


def begin(
    db: Database,
    member: Member,
    new: NewSession,
    now: datetime,
    *,
    password_hash: str,
    forgiven: tuple[Bucket, ...] = (),
) -> bool:
    """Start a session. False when the password was changed or the account disabled since ``password_hash`` was read.

    ``forgiven``: throttling buckets that counted this attempt.
    """
    with immediate(db):
        at = clock.to_text(now)
        current = "UPDATE staff SET signed_in_at = ? WHERE id = ? AND active = 1 AND password_hash = ?"
        if db.execute(current, (at, member.id, password_hash)).rowcount != 1:
            return False
        db.execute("DELETE FROM staff_sessions WHERE ends_at <= ? OR digest = ?", (at, new.replaces))
        db.execute(
            "INSERT INTO staff_sessions (digest, staff_id, created_at, seen_at, ends_at, address, agent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (new.digest, member.id, at, at, clock.to_text(now + LIFETIME), new.address, new.agent),
        )
        _remember_device(db, member, new.device, now)
        sign_in_throttle.forgive(db, forgiven)
        events.append(db, [Event(action="signed_in", actor=member.name)], now)
    return True


def find(db: Database, digest: bytes, now: datetime, idle: timedelta) -> Session | None:
    """None for an unknown, ended, expired or idle session."""
    row = db.execute(
        f"{SESSIONS} AND digest = ? AND ends_at > ? AND seen_at > ?", (digest, *_limits(now, idle))
    ).fetchone()
    return _as_session(row) if row else None


def of_member(db: Database, member: Member, now: datetime, idle: timedelta) -> list[Session]:
    rows = db.execute(
        f"{SESSIONS} AND staff_id = ? AND ends_at > ? AND seen_at > ? ORDER BY seen_at DESC, staff_sessions.id DESC",
        (member.id, *_limits(now, idle)),
    )
    return [_as_session(row) for row in rows]


def touch(db: Database, session: Session, now: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    if abs(now - session.seen_at) < TOUCH_EVERY:
        return
    with immediate(db):
        db.execute("UPDATE staff_sessions SET seen_at = ? WHERE id = ?", (clock.to_text(now), session.id))


def end(db: Database, session: Session, now: datetime) -> None:
    with immediate(db):
        if _delete(db, session.member, session.id):
            events.append(db, [Event(action="signed_out", actor=session.member.name)], now)


def revoke(db: Database, member: Member, session: int, now: datetime) -> bool:
    """End another session of the member; False when it is not theirs or is over."""
    with immediate(db):
        if not _delete(db, member, session):
            return False
        events.append(db, [Event(action="session_revoked", actor=member.name)], now)
    return True


def knows_device(db: Database, name: str, device: bytes, now: datetime) -> bool:
    """True if the account has signed in from this browser before."""
    found = db.execute(
        "SELECT 1 FROM staff_devices JOIN staff ON staff.id = staff_id WHERE digest = ? AND name = ? AND used_at > ?",
        (device, name, clock.to_text(now - DEVICE_LIFETIME)),
    )
    return found.fetchone() is not None


def _remember_device(db: Database, member: Member, device: bytes, now: datetime) -> None:
    db.execute(
        "INSERT INTO staff_devices VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at,"
        " staff_id = excluded.staff_id",
        (device, member.id, clock.to_text(now)),
    )
    db.execute(
        "DELETE FROM staff_devices WHERE staff_id = ? AND digest NOT IN"
        " (SELECT digest FROM staff_devices WHERE staff_id = ? ORDER BY used_at DESC, rowid DESC LIMIT ?)",
        (member.id, member.id, DEVICES),
    )


def _delete(db: Database, member: Member, session: int) -> bool:
    ended = db.execute("DELETE FROM staff_sessions WHERE id = ? AND staff_id = ?", (session, member.id))
    return bool(ended.rowcount == 1)


def _limits(now: datetime, idle: timedelta) -> tuple[str, str]:
    return clock.to_text(now), clock.to_text(now - idle)


def _as_session(row: tuple[int | str, ...]) -> Session:
    created_at, seen_at, ends_at = (clock.from_text(str(moment)) for moment in row[6:9])
    return Session(int(row[5]), as_member(row), created_at, seen_at, ends_at, str(row[9]), str(row[10]))
