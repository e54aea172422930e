"""Confirmation of readers: somebody has compared the fingerprint of a newcomer's key pair, so it may get keys."""

from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.keys import grants, reader_keys
from kiosk.store.keys.grants import WaitingReader
from kiosk.store.keys.reader_keys import Reader


def confirm(db: Database, reader: Reader, opened: Mapping[int, X25519PrivateKey], now: datetime, *, by: str) -> int:
    """Note that ``by`` has compared the reader's fingerprint, then grant; returns the count.

    Raises StoreError if that pair is no longer in use.
    """
    with immediate(db):
        if reader not in reader_keys.known(db):
            raise StoreError(f"La clé de « {reader.name} » a changé : comparez de nouveau son empreinte.")
        if reader not in reader_keys.trusted(db):
            reader_keys.confirm(db, reader, now, by=by)
    return grants.grant_waiting(db, opened, now, by=by, to=reader.name)


def vouch(db: Database, name: str, opened: Mapping[int, X25519PrivateKey], now: datetime) -> None:
    """Inside the caller's transaction: a confirmed reader who has a new pair grants it the keys of the old one."""
    for reader in (each for each in reader_keys.known(db) if each.name == name):
        reader_keys.confirm(db, reader, now, by=name)
        keys = [WaitingReader(key, reader) for key in grants.site_keys(db) if key.id in opened]
        grants.to_readers(db, keys, opened, now, by=name)
