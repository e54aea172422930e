"""Members of staff for tests, without the time that a real password costs."""

import secrets
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.roles import StaffRole
from kiosk.store.staff import accounts, sessions
from kiosk.store.staff.accounts import Member, NewMember
from kiosk.store.staff.sessions import NewSession, digest

UNUSABLE = "no password has this hash"


def a_member(
    db: Database,
    role: str = "manager",
    *,
    sites: tuple[str, ...] = (),
    name: str = "",
    password_hash: str = UNUSABLE,
    now: datetime | None = None,
) -> Member:
    """Somebody who has chosen a password."""
    now, name, link = now or clock.now(), name or f"{role}-{secrets.token_hex(3)}", secrets.token_bytes(32)
    new = NewMember(name=name, display_name=name.title(), role=StaffRole(role), sites=sites)
    accounts.admit(db, new, link, now)
    member = accounts.use_link(db, link, password_hash, now)
    assert member is not None
    return member


def a_session(
    db: Database, member: Member, *, now: datetime | None = None, password_hash: str = UNUSABLE, replaces: bytes = b""
) -> str:
    """What the browser of somebody who has signed in holds."""
    key = secrets.token_urlsafe(32)
    new = NewSession(digest=digest(key), device=secrets.token_bytes(32), replaces=replaces)
    assert sessions.begin(db, member, new, now or clock.now(), password_hash=password_hash)
    return key
