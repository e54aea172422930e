"""Staff sessions.

The browser holds a random id, the database its keyed digest. The role is read again at every request.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import DiskFull
from kiosk.store.base.connection import immediate
from kiosk.store.keys import token_digests
from kiosk.store.keys.token_digests import keyed
from kiosk.store.staff import known_browsers, sign_in_throttle, unwritten
from kiosk.store.staff.accounts import MEMBER_COLUMNS, Member, as_member, demand_active, end_sessions
from kiosk.store.staff.sign_in_throttle import Bucket
from kiosk.store.staff.unwritten import UnwrittenSession
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event

LIFETIME = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=1)  # one write a minute, not one a request
MOST = 5  # sessions of a member; one more ends the one that was used least recently


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """``replaces``: digest of the browser's previous session id. ``device``: digest of its browser cookie.

    ``proof``: digest of the password proof that this session uses up. ``factor``: how the second step was made.
    """

    digest: bytes
    device: bytes
    replaces: bytes | None = None
    address: str = ""
    agent: str = ""
    proof: bytes | None = None
    factor: str = ""


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
    """Start a session. False when the password was changed or the account disabled since ``password_hash`` was read,
    and when the proof was used up meanwhile.

    ``forgiven``: throttling buckets that counted this attempt. On a full disk the session is kept in memory.
    """
    try:
        return _begin(db, member, new, now, password_hash, forgiven)
    except DiskFull:
        if new.proof:  # a second step that leaves no trace could be made twice
            raise
        kept = UnwrittenSession(0, member.id, password_hash, now, now, new.address, new.agent)
        return unwritten.begin(db, new.digest, kept, actor=member.name)


def _begin(
    db: Database, member: Member, new: NewSession, now: datetime, password_hash: str, forgiven: tuple[Bucket, ...]
) -> bool:
    new = _keyed(db, member, new)
    with immediate(db):
        at = clock.to_text(now)
        current = "UPDATE staff SET signed_in_at = ? WHERE id = ? AND active = 1 AND password_hash = ?"
        if db.execute(current, (at, member.id, password_hash)).rowcount != 1:
            return False
        if new.proof and db.execute("DELETE FROM password_proofs WHERE digest = ?", (new.proof,)).rowcount != 1:
            return False
        db.execute("DELETE FROM staff_sessions WHERE ends_at <= ? OR digest = ?", (at, new.replaces))
        _insert(db, member, new, now)
        known_browsers.remember(db, member, new.device, now)
        sign_in_throttle.forgive(db, forgiven)
        _record(db, member, new.factor, now)
    return True


def _keyed(db: Database, member: Member, new: NewSession) -> NewSession:
    return replace(
        new,
        digest=keyed(db, token_digests.SESSION, new.digest),
        device=keyed(db, token_digests.DEVICE, new.device, account=member.name),
        replaces=keyed(db, token_digests.SESSION, new.replaces) if new.replaces else None,
        proof=keyed(db, token_digests.PROOF, new.proof) if new.proof else None,
    )


def _insert(db: Database, member: Member, new: NewSession, now: datetime) -> None:
    at, ends_at = clock.to_text(now), clock.to_text(now + LIFETIME)
    db.execute(
        "INSERT INTO staff_sessions (digest, staff_id, created_at, seen_at, ends_at, address, agent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (new.digest, member.id, at, at, ends_at, new.address, new.agent),
    )


def _record(db: Database, member: Member, factor: str, now: datetime) -> None:
    detail = {"second_factor": factor} if factor else {}
    events.append(db, [Event(action="signed_in", actor=member.name, detail=detail)], now)
    for _ in range(_end_least_used(db, member)):
        events.append(db, [Event(action="session_displaced", actor=member.name)], now)


def _end_least_used(db: Database, member: Member) -> int:
    """Returns how many sessions were too many."""
    ended = db.execute(
        "DELETE FROM staff_sessions WHERE staff_id = ? AND id NOT IN"
        " (SELECT id FROM staff_sessions WHERE staff_id = ? ORDER BY seen_at DESC, id DESC LIMIT ?)",
        (member.id, member.id, MOST),
    )
    return int(ended.rowcount)


def find(db: Database, digest: bytes, now: datetime, idle: timedelta) -> Session | None:
    """None for an unknown, ended, expired or idle session."""
    if kept := unwritten.of(db).session(digest, now, idle):
        return _of_memory(db, kept)
    stored = keyed(db, token_digests.SESSION, digest)
    row = db.execute(
        f"{SESSIONS} AND digest = ? AND ends_at > ? AND seen_at > ?", (stored, *_limits(now, idle))
    ).fetchone()
    return _as_session(row) if row else None


def of_member(db: Database, member: Member, now: datetime, idle: timedelta) -> list[Session]:
    rows = db.execute(
        f"{SESSIONS} AND staff_id = ? AND ends_at > ? AND seen_at > ? ORDER BY seen_at DESC, staff_sessions.id DESC",
        (member.id, *_limits(now, idle)),
    )
    kept = (_of_memory(db, one) for one in unwritten.of(db).of_member(member.id))
    return [*filter(None, kept), *(_as_session(row) for row in rows)]


def everybodys(db: Database, now: datetime, idle: timedelta) -> list[Session]:
    rows = db.execute(
        f"{SESSIONS} AND ends_at > ? AND seen_at > ? ORDER BY staff.name, seen_at DESC, staff_sessions.id DESC",
        _limits(now, idle),
    )
    return [_as_session(row) for row in rows]


def touch_pause(idle: timedelta) -> timedelta:
    """Time between two notes of use: short enough that no session in use ends."""
    return min(TOUCH_EVERY, idle / 10)


def touch(db: Database, session: Session, now: datetime, idle: timedelta) -> None:
    """Note that the session is in use."""
    if session.id < 0:
        return unwritten.of(db).touch(session.id, now)
    if abs(now - session.seen_at) < touch_pause(idle):
        return
    with immediate(db):
        db.execute("UPDATE staff_sessions SET seen_at = ? WHERE id = ?", (clock.to_text(now), session.id))


def end(db: Database, session: Session, now: datetime) -> None:
    if unwritten.of(db).end(session.id):
        unwritten.of(db).keep(Event(action="signed_out", actor=session.member.name), now)
        return unwritten.of(db).write(db, now)
    with immediate(db):
        if _delete(db, session.member, session.id):
            events.append(db, [Event(action="signed_out", actor=session.member.name)], now)


def revoke(db: Database, member: Member, session: int, now: datetime, *, by: str = "") -> bool:
    """End a session of the member; False when it is not theirs or is over. ``by``: who ends it, if somebody else."""
    kept = unwritten.of(db)
    ended = session in {one.id for one in kept.of_member(member.id)} and kept.end(session)
    with immediate(db):
        if not (ended or _delete(db, member, session)):
            return False
        detail = {"account": member.name} if by else {}
        events.append(db, [Event(action="session_revoked", actor=by or member.name, detail=detail)], now)
    return True


def revoke_all(db: Database, name: str, now: datetime, *, by: str = SYSTEM) -> int:
    """Returns how many ended. Raises StaffError for an unknown or disabled name."""
    with immediate(db):
        demand_active(db, name)
        ended = end_sessions(db, name) + unwritten.end_all(db, name)
        detail = {"account": name, "sessions": ended}
        events.append(db, [Event(action="session_revoked", actor=by, detail=detail)], now)
    return ended


def _delete(db: Database, member: Member, session: int) -> bool:
    ended = db.execute("DELETE FROM staff_sessions WHERE id = ? AND staff_id = ?", (session, member.id))
    return bool(ended.rowcount == 1)


def _limits(now: datetime, idle: timedelta) -> tuple[str, str]:
    return clock.to_text(now), clock.to_text(now - idle)


def _of_memory(db: Database, kept: UnwrittenSession) -> Session | None:
    if (member := unwritten.member_of(db, kept)) is None:
        return None
    ends_at = kept.created_at + unwritten.LIFETIME
    return Session(kept.id, member, kept.created_at, kept.seen_at, ends_at, kept.address, kept.agent)


def _as_session(row: tuple[int | str, ...]) -> Session:
    created_at, seen_at, ends_at = (clock.from_text(str(moment)) for moment in row[6:9])
    return Session(int(row[5]), as_member(row), created_at, seen_at, ends_at, str(row[9]), str(row[10]))
