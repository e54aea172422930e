"""Account list: each account with its state, its key pair, and what the trace tells of both."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.account_states import AccountState, Confirmation
from kiosk.store.keys import reader_keys, recovery
from kiosk.store.keys.reader_keys import Reader
from kiosk.store.staff.accounts import Account, accounts
from kiosk.store.staff.unrecorded import unrecorded_names
from kiosk.store.trace import account_ledger
from kiosk.store.trace.account_ledger import KnownPair
from kiosk.store.trace.events import SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """``reader``: its pair; None if it reads no reports or has no password yet. ``known``: the pair in the trace.

    ``added_by``: sign-in name, ``kiosk``, or empty if the trace does not tell. ``is_recorded``: False for an account or
    pair that is not as the trace tells it.
    """

    account: Account
    state: AccountState
    reader: Reader | None
    known: KnownPair | None
    added_by: str
    is_recorded: bool

    @property
    def fingerprint(self) -> str:
        return self.reader.fingerprint if self.reader else ""

    @property
    def confirmation(self) -> Confirmation:
        if self.reader is None:
            return Confirmation.NONE
        return Confirmation.CONFIRMED if self.known and self.known.confirmed_by else Confirmation.WAITING

    @property
    def confirmed_by(self) -> str:
        return self.known.confirmed_by if self.known else ""

    @property
    def is_among_the_first(self) -> bool:
        """Confirmed by the kiosk itself: there was nobody who could compare the fingerprint."""
        return self.confirmed_by == SYSTEM

    @property
    def confirmed_at(self) -> datetime | None:
        return clock.from_text(self.known.confirmed_at) if self.known and self.known.confirmed_at else None


def listed_accounts(db: Database, now: datetime) -> list[ListedAccount]:
    """By name."""
    ledger, strange = account_ledger.read(db), unrecorded_names(db)
    readers = {reader.name: reader for reader in reader_keys.readers(db)}
    found = []
    for account in accounts(db):
        name = account.member.name
        reader, known = readers.get(name), ledger.accounts.get(name)
        one = ListedAccount(
            account=account,
            state=state_of(account, now),
            reader=reader,
            known=ledger.pairs.get(reader.fingerprint) if reader else None,
            added_by=known.added_by if known else "",
            is_recorded=name not in strange,
        )
        found.append(one)
    return found


def are_keys_with_people(db: Database) -> bool:
    """False before `kiosk init`: nothing is to be confirmed."""
    return recovery.current(db) is not None


def state_of(account: Account, now: datetime) -> AccountState:
    if not account.active:
        return AccountState.DISABLED
    if account.password_hash:
        return AccountState.ACTIVE
    is_valid = account.link_expires_at and account.link_expires_at > now
    return AccountState.LINK_SENT if is_valid else AccountState.LINK_EXPIRED
