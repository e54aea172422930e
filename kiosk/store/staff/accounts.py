"""Staff accounts: roles, sites, passwords, password links. An account is disabled, never deleted.

A password is set through a link that works once. Only the hash of a password and the digest of a link are stored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.roles import StaffRole
from kiosk.errors import StaffError
from kiosk.store.base.connection import any_text, immediate
from kiosk.store.keys import grants, reader_keys, token_digests
from kiosk.store.keys.reader_keys import NewPair, sites_of
from kiosk.store.keys.token_digests import keyed
from kiosk.store.staff.passwords import password_digest
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event

LINK_LIFETIME = timedelta(hours=72)
MEMBER_COLUMNS = "staff.id, staff.name, staff.display_name, staff.role, staff.sites"


@dataclass(frozen=True, slots=True)
class Member:
    """Empty ``sites`` means all."""

    id: int
    name: str
    display_name: str
    role: StaffRole
    sites: tuple[str, ...]

    def serves(self, site: str) -> bool:
        return not self.sites or site in self.sites


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    name: str
    display_name: str
    role: StaffRole
    sites: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """``password_hash`` is None until a password is set."""

    member: Member
    password_hash: str | None
    active: bool
    created_at: datetime
    signed_in_at: datetime | None
    link_expires_at: datetime | None


ACCOUNTS = (
    f"SELECT {MEMBER_COLUMNS}, password_hash, active, created_at, signed_in_at, staff_links.expires_at"
    " FROM staff LEFT JOIN staff_links ON staff_links.staff_id = staff.id"
)


def as_member(row: Sequence[Any]) -> Member:
    return Member(row[0], row[1], row[2], StaffRole(row[3]), sites_of(row[4]))


def accounts(db: Database) -> list[Account]:
    with any_text(db):
        rows = db.execute(f"{ACCOUNTS} ORDER BY staff.name").fetchall()
    return [_as_account(row) for row in rows]


def find(db: Database, name: str) -> Account | None:
    row = db.execute(f"{ACCOUNTS} WHERE staff.name = ?", (name,)).fetchone()
    return _as_account(row) if row else None


def admit(db: Database, member: NewMember, link: bytes, now: datetime, *, actor: str = SYSTEM) -> None:
    """Create an account without password, with the digest of a link to set one.

    Overwrites a disabled account of that name; raises StaffError for an active one.
    """
    with immediate(db):
        known = find(db, member.name)
        if known and known.active:
            raise StaffError(
                f"« {member.name} » existe déjà : kiosk staff password {member.name} crée un nouveau lien."
            )
        db.execute(
            "INSERT INTO staff (name, display_name, role, sites, active, created_at) VALUES (?, ?, ?, ?, 1, ?)"
            " ON CONFLICT (name) DO UPDATE SET display_name = excluded.display_name, role = excluded.role,"
            " sites = excluded.sites, active = 1, created_at = excluded.created_at",
            (member.name, member.display_name, member.role, json.dumps(list(member.sites)), clock.to_text(now)),
        )
        _shut_out(db, member.name, now)
        forget_factors(db, member.name)
        _put_link(db, member.name, link, now)
        told = {"account": member.name, "role": member.role, "sites": list(member.sites)}
        events.append(db, [Event(action="account_added", actor=actor, detail=told)], now)


def disable(db: Database, name: str, now: datetime, *, actor: str = SYSTEM) -> None:
    """End all sessions, links and passwords of the account, and rotate the site keys that it could open.

    Raises StaffError for an unknown or disabled name.
    """
    with immediate(db):
        demand_active(db, name)
        opened = _shut_out(db, name, now)
        forget_factors(db, name)
        db.execute("UPDATE staff SET active = 0 WHERE name = ?", (name,))
        grants.rotate(db, opened, now)
        events.append(db, [Event(action="account_disabled", actor=actor, detail={"account": name})], now)


def renew_link(
    db: Database, name: str, link: bytes, now: datetime, *, compromised: bool = False, actor: str = SYSTEM
) -> None:
    """Replace the password, its sessions and any older link. Raises StaffError like ``disable``.

    ``compromised``: somebody else may know the password, so the site keys that it opened are rotated too.
    """
    with immediate(db):
        demand_active(db, name)
        opened = _shut_out(db, name, now)
        _put_link(db, name, link, now)
        detail = {"account": name, "compromised": compromised}
        events.append(db, [Event(action="password_link_made", actor=actor, detail=detail)], now)
        if compromised:
            grants.rotate(db, opened, now)


def member_of_link(db: Database, link: bytes, now: datetime) -> Member | None:
    """None for an unknown, used or expired link."""
    row = db.execute(
        f"SELECT {MEMBER_COLUMNS} FROM staff JOIN staff_links ON staff_links.staff_id = staff.id"
        " WHERE digest = ? AND expires_at > ? AND active = 1",
        (keyed(db, token_digests.LINK, link), clock.to_text(now)),
    ).fetchone()
    return as_member(row) if row else None


def use_link(
    db: Database, link: bytes, password_hash: str, now: datetime, *, pair: NewPair | None = None
) -> Member | None:
    """Set the password. None when the link is no longer valid. ``pair``: keys of a member who may read reports."""
    with immediate(db):
        member = member_of_link(db, link, now)
        if member is None:
            return None
        _shut_out(db, member.name, now)
        db.execute("UPDATE staff SET password_hash = ? WHERE id = ?", (password_hash, member.id))
        trace_password(db, "password_set", member, password_hash, now)
        if pair:
            reader_keys.add(db, member.id, pair, now)
    return member


def trace_password(
    db: Database, action: str, member: Member, password_hash: str, now: datetime, *, compromised: bool = False
) -> None:
    detail: dict[str, Any] = {"account": member.name, "password": password_digest(password_hash)}
    if compromised:
        detail |= {"compromised": True}
    events.append(db, [Event(action=action, actor=member.name, detail=detail)], now)


def demand_active(db: Database, name: str) -> Account:
    """Raises StaffError for an unknown or disabled name."""
    known = find(db, name)
    if known is None:
        raise StaffError(f"Il n'y a pas de compte « {name} » : voyez kiosk staff list.")
    if not known.active:
        raise StaffError(f"« {name} » est désactivé : kiosk staff add {name} … lui rend l'accès.")
    return known


def _shut_out(db: Database, name: str, now: datetime) -> list[int]:
    """Remove all ways to sign in, and the keys. Returns the ids of the site keys that the account could open."""
    db.execute("UPDATE staff SET password_hash = NULL WHERE name = ?", (name,))
    _forget(db, name, "staff_links", "staff_sessions", "password_proofs", "staff_devices")
    return reader_keys.retire(db, name, now)


def forget_factors(db: Database, name: str) -> None:
    """Second factors and recovery codes. A new password keeps them: whoever reads the link lacks the telephone."""
    _forget(db, name, "staff_factors", "recovery_codes")


def end_sessions(db: Database, name: str) -> int:
    """Also sign-ins under way. Returns the number of sessions that ended. Inside the caller's transaction."""
    _forget(db, name, "password_proofs")
    return _forget(db, name, "staff_sessions")


def _forget(db: Database, name: str, *tables: str) -> int:
    """Rows of the account; returns how many were in the last table."""
    deleted = [
        db.execute(f"DELETE FROM {table} WHERE staff_id = (SELECT id FROM staff WHERE name = ?)", (name,)).rowcount
        for table in tables
    ]
    return int(deleted[-1])


def _put_link(db: Database, name: str, link: bytes, now: datetime) -> None:
    db.execute(
        "INSERT INTO staff_links SELECT id, ?, ? FROM staff WHERE name = ?",
        (keyed(db, token_digests.LINK, link), clock.to_text(now + LINK_LIFETIME), name),
    )


def _as_account(row: Sequence[Any]) -> Account:
    signed_in_at, link_expires_at = (clock.from_text(moment) if moment else None for moment in row[8:10])
    return Account(as_member(row), row[5], bool(row[6]), clock.from_text(row[7]), signed_in_at, link_expires_at)
