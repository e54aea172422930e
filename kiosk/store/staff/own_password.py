"""Change of one's own password, and a stronger hash of the same one."""

from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.errors import StaffError
from kiosk.store.base.connection import immediate
from kiosk.store.keys import confirmation, grants, reader_keys
from kiosk.store.keys.reader_keys import NewPair
from kiosk.store.staff.accounts import Member, trace_password


def change_password(
    db: Database,
    member: Member,
    old_hash: str,
    new_hash: str,
    now: datetime,
    *,
    pair: NewPair | None = None,
    opened: Mapping[int, X25519PrivateKey] | None = None,
) -> bool:
    """End all sessions, this one too, and forget known browsers. False when the password was changed meanwhile.

    ``pair``: wrapped by the new password; the member's own, or a new one if somebody else may know the old password.
    Then ``opened`` holds the site keys that the old pair opens: the new pair gets them, and new reports new keys.
    Raises StaffError when the pair was replaced meanwhile.
    """
    with immediate(db):
        if not _replace_hash(db, member, old_hash, new_hash):
            return False
        trace_password(db, "password_changed", member, new_hash, now, compromised=opened is not None)
        if opened is not None:
            _replace_pair(db, member, pair, opened, now)
        elif pair and not reader_keys.rewrap(db, member.id, pair):
            raise StaffError("Les clés de ce compte ont changé en même temps que son mot de passe : recommencez.")
        for table in ("staff_sessions", "password_proofs", "staff_devices"):
            db.execute(f"DELETE FROM {table} WHERE staff_id = ?", (member.id,))
    return True


def _replace_pair(
    db: Database, member: Member, pair: NewPair | None, opened: Mapping[int, X25519PrivateKey], now: datetime
) -> None:
    """The member vouches for the new pair, which gets what the old one opened, if that one was confirmed."""
    was_trusted = any(reader.name == member.name for reader in reader_keys.trusted(db))
    numbers = reader_keys.retire(db, member.name, now)
    if pair:
        reader_keys.add(db, member.id, pair, now)
        if was_trusted:
            confirmation.vouch(db, member.name, opened, now)
    grants.rotate(db, numbers, now)


def rehash(db: Database, member: Member, old_hash: str, new_hash: str, now: datetime) -> None:
    """Same password, stronger parameters; no effect if it was changed meanwhile."""
    with immediate(db):
        if _replace_hash(db, member, old_hash, new_hash):
            trace_password(db, "password_rehashed", member, new_hash, now)


def _replace_hash(db: Database, member: Member, old_hash: str, new_hash: str) -> bool:
    changed = db.execute(
        "UPDATE staff SET password_hash = ? WHERE id = ? AND password_hash = ? AND active = 1",
        (new_hash, member.id, old_hash),
    )
    return changed.rowcount == 1
