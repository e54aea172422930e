"""Browsers that an account has signed in from before; their cookies are stored as keyed digests."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.keys import token_digests
from kiosk.store.keys.token_digests import keyed
from kiosk.store.staff.accounts import Member

MOST = 10  # of a member
LIFETIME = timedelta(days=90)


def knows(db: Database, name: str, device: bytes, now: datetime) -> bool:
    """True if the account has signed in from this browser before."""
    found = db.execute(
        "SELECT 1 FROM staff_devices JOIN staff ON staff.id = staff_id WHERE digest = ? AND name = ? AND used_at > ?",
        (keyed(db, token_digests.DEVICE, device, account=name), name, clock.to_text(now - LIFETIME)),
    )
    return found.fetchone() is not None


def remember(db: Database, member: Member, device: bytes, now: datetime) -> None:
    """Inside the caller's transaction. ``device``: keyed digest."""
    db.execute(
        "INSERT INTO staff_devices VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at,"
        " staff_id = excluded.staff_id",
        (device, member.id, clock.to_text(now)),
    )
    db.execute(
        "DELETE FROM staff_devices WHERE staff_id = ? AND digest NOT IN"
        " (SELECT digest FROM staff_devices WHERE staff_id = ? ORDER BY used_at DESC, rowid DESC LIMIT ?)",
        (member.id, member.id, MOST),
    )
