"""`kiosk init` and `kiosk staff grant`: the recovery key is made and used here, and never kept."""

from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.config import Settings
from kiosk.errors import StaffError
from kiosk.store import grants, pairs, recovery, splitting, staff, wrapping
from kiosk.store.connection import Database
from kiosk.web.staff.passwords import as_bytes

PAPER = """The recovery key of this kiosk:

{key}

Write it down or print it now: it is shown this once and kept nowhere on this machine. Give it to the MSSI, to be kept
in a safe. It opens every report when no password does any more, and every backup.
It is valid once this command says «done»; if it does not, destroy the paper and begin again.
"""


def init(db: Database, settings: Settings, show: Callable[[str], None], now: datetime) -> bool:
    """False, without any change, when it was done before. Raises StoreError when a key is missing.

    The key is shown before it is valid: a break in between leaves a paper that opens nothing, never keys that no paper
    opens.
    """
    if recovery.current(db):
        return False
    key = X25519PrivateKey.generate()
    show(PAPER.format(key=recovery.to_text(key)))
    splitting.split(db, settings, key.public_key().public_bytes_raw(), now)
    return True


def renew(db: Database, name: str, password: str, show: Callable[[str], None], now: datetime) -> None:
    """Another recovery key, made by a reader of every site. Raises StaffError and StoreError, without any change."""
    account = staff.find(db, name)
    pair = pairs.current(db, account.member.id) if account and account.active else None
    if pair is None or recovery.current(db) is None:
        raise StaffError(f"«{name}» holds no keys: it takes somebody who reads reports, and `kiosk init` before.")
    private = wrapping.unwrap(pair.wrapped, pair.public_key, as_bytes(password))
    opened = grants.opened_by_reader(db, private)
    splitting.demand_all(db, opened, name)
    key = X25519PrivateKey.generate()
    show(PAPER.format(key=recovery.to_text(key)))
    splitting.renew_recovery(db, opened, key.public_key().public_bytes_raw(), now, by=name)


def still_in_files(db: Database, settings: Settings) -> list[str]:
    """The sites that nobody with an account can read yet: their keys are protected by the disk's encryption alone."""
    names = {site.id: site.name for site in settings.sites}
    readable = grants.readable(db)
    return sorted({names.get(key.site, key.site) for key in grants.site_keys(db) if key.id not in readable})


def grant(db: Database, name: str, typed: str, now: datetime) -> int:
    """Opens with the recovery key what the account may read; how many keys were granted.

    Raises StaffError for an account that can hold none, KeyTextError and StoreError for a wrong key.
    """
    account = staff.find(db, name)
    if account is None or not account.active or account.member.role not in pairs.READING:
        raise StaffError(f"«{name}» reads no reports, so there is nothing to grant: see `kiosk staff list`.")
    if pairs.current(db, account.member.id) is None:
        raise StaffError(f"«{name}» has no key yet: it is made at the first sign-in, or with the first password.")
    opened = grants.opened_by_recovery(db, recovery.from_text(typed))
    return grants.grant_waiting(db, opened, now, by="recovery", to=name)
