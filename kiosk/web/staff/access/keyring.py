"""Reading keys of the signed-in member, for one request, and how new readers get them.

Before `kiosk init`, site keys are files. Afterwards the key pair that sign-in unlocks opens them.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from functools import cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import g

from kiosk import clock
from kiosk.domain import roles
from kiosk.errors import DiskFull, KeyNotHeld, StoreError
from kiosk.store.instance import init
from kiosk.store.keys import confirmation, grants, password_wrap, reader_keys, recovery, site_keys
from kiosk.store.keys.reader_keys import NewPair, Reader
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.staff import passwords, sessions
from kiosk.store.staff.accounts import Member
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import session, unlocked_keys
from kiosk.web.staff.access.unlocked_keys import HeldKey

log = logging.getLogger(__name__)
SHARED_EVERY = timedelta(minutes=1)


class Closed(StrEnum):
    """Reason why a text cannot be read: password needed again, no grant yet, key lost."""

    LOCKED = "locked"
    WAITING = "waiting"
    MISSING = "missing"


def key_of() -> KeyOf:
    """The result raises KeyNotHeld for a key that this session cannot open, StoreError for a lost one."""
    db, held = database(), _held()
    from_file = site_keys.in_files(db, current_settings().secrets)

    def opened(number: int) -> X25519PrivateKey:
        if held and (private := grants.opened_by_pair(db, held.pair, number)):
            return private
        try:
            return from_file(number)
        except StoreError as error:
            if recovery.current(db):
                raise KeyNotHeld(locked=held is None) from error
            raise

    return cache(opened)


def why(error: StoreError) -> Closed:
    if isinstance(error, KeyNotHeld):
        return Closed.LOCKED if error.locked else Closed.WAITING
    return Closed.MISSING


def reading() -> Closed | None:
    """Reason why the member cannot read new reports, or None."""
    signed, db = session.signed(), database()
    if signed is None or signed.member.role not in roles.READERS or recovery.current(db) is None:
        return None
    if _held() is None:
        return Closed.LOCKED
    return Closed.WAITING if signed.member.name in {one.reader.name for one in grants.waiting(db)} else None


def new_pair(member: Member) -> X25519PrivateKey | None:
    """None for a role that reads no reports."""
    return X25519PrivateKey.generate() if member.role in roles.READERS else None


def wrapped(pair: X25519PrivateKey, password: str) -> NewPair:
    """Raises TooBusy."""
    with passwords.turn():
        sealed = password_wrap.wrap(pair, passwords.as_bytes(password))
    return NewPair(pair.public_key().public_bytes_raw(), sealed)


def pair_of(member: Member, password: str) -> X25519PrivateKey | None:
    """Key pair of a member whose password is verified; made now if the account has none.

    None for a role that reads no reports, or if the pair does not open (logged). Raises TooBusy.
    """
    kept = reader_keys.current(database(), member.id)
    if kept is None:
        pair, made = new_pair(member), False
        with suppress(DiskFull):  # made at the next sign-in
            made = pair is not None and _make(member, pair, password)
        return pair if made else None
    try:
        with passwords.turn():
            return password_wrap.unwrap(kept.wrapped, kept.public_key, passwords.as_bytes(password))
    except StoreError:
        log.exception("the keys of account %d do not open", member.id)
        return None


def _make(member: Member, pair: X25519PrivateKey, password: str) -> bool:
    return reader_keys.make(database(), member.id, wrapped(pair, password), clock.now())


def unlock(pair: X25519PrivateKey | None) -> None:
    """Hold the pair for this session, seal site keys still in files, then grant waiting readers."""
    signed = session.signed()
    if signed is None or pair is None:
        return
    until = clock.now() + session.idle()
    held = HeldKey(signed.member.id, signed.id, pair, signed.ends_at, until)
    unlocked_keys.of_app().hold(sessions.digest(g.session_key), held)
    with suppress(DiskFull):  # both are done again at the next use or start
        init.settle(database(), current_settings(), clock.now())
        share()


def may_confirm() -> bool:
    """True if the member reads with a key pair that somebody has confirmed."""
    signed = session.signed()
    trusted = reader_keys.trusted(database())
    return signed is not None and any(reader.name == signed.member.name for reader in trusted)


def confirm(reader: Reader) -> None:
    """Note that the member has compared the reader's fingerprint, and grant what this session opens."""
    held, signed = _held(), session.signed()
    if held is None or signed is None:
        return
    opened = grants.opened_by_reader(database(), held.pair)
    confirmation.confirm(database(), reader, opened, clock.now(), by=signed.member.name)
    init.settle(database(), current_settings(), clock.now())


def use() -> None:
    """Extend the keys' lifetime with the session's, then share. Raises NotConfirmed."""
    unlocked_keys.of_app().keep(sessions.digest(g.session_key), clock.now() + session.idle())
    share()


def share() -> None:
    """Grant this session's site keys to confirmed readers who wait, at most once a minute. Raises NotConfirmed."""
    held, signed, now = _held(), session.signed(), clock.now()
    if held is None or signed is None or not _is_time_to_share():
        return
    if grants.waiting(database()):
        opened = grants.opened_by_reader(database(), held.pair)
        grants.grant_waiting(database(), opened, now, by=signed.member.name)


def _is_time_to_share() -> bool:
    return unlocked_keys.of_app().may_share(sessions.digest(g.session_key), clock.now(), SHARED_EVERY)


def _held() -> HeldKey | None:
    return unlocked_keys.of_app().get(sessions.digest(g.session_key), clock.now()) if session.signed() else None
