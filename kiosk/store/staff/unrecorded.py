"""Unrecorded rows: accounts, keys, grants and second factors that are not as the trace tells them.

A write past the kiosk makes such rows, or removes some: without a second factor the password alone signs in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from kiosk.domain.fingerprint import fingerprint
from kiosk.store.base.connection import any_text
from kiosk.store.keys import site_keys
from kiosk.store.keys.reader_keys import sites_of
from kiosk.store.staff import recovery_codes, second_factors
from kiosk.store.staff.passwords import password_digest
from kiosk.store.trace import account_ledger
from kiosk.store.trace.account_ledger import Ledger


class RowKind(StrEnum):
    ACCOUNT = "compte"
    PAIR = "clé du compte"
    GRANT = "droit de lecture"
    RECOVERY = "clé de secours"
    SITE_KEY = "clé du site"
    FACTOR = "deuxième étape du compte"
    CODES = "codes de secours du compte"
    LEDGER = "relevé des comptes dans la trace"


@dataclass(frozen=True, slots=True)
class UnrecordedRow:
    """``name``: of the account or site, or a fingerprint."""

    kind: RowKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} « {self.name} »" if self.name else str(self.kind)


def unrecorded_rows(db: Database, secrets: Path) -> list[UnrecordedRow]:
    """Without repetitions. ``secrets``: folder of the site keys that are still in files."""
    ledger = account_ledger.read(db)
    rows = [_accounts(db, ledger), _pairs(db, ledger), _grants(db, ledger), _recovery(db, ledger)]
    with any_text(db):
        found = [*chain(*rows), *_site_keys(db, ledger, secrets), *_factors(db, ledger)]
    if ledger.forged:
        found.append(UnrecordedRow(RowKind.LEDGER, ""))
    return list(dict.fromkeys(found))


def unrecorded_names(db: Database) -> set[str]:
    """Names of the accounts that are not as the trace tells, with their pair and second factors."""
    ledger = account_ledger.read(db)
    with any_text(db):
        return {row.name for row in (*_accounts(db, ledger), *_pairs(db, ledger), *_factors(db, ledger))}


def _accounts(db: Database, ledger: Ledger) -> Iterator[UnrecordedRow]:
    """A row must be what the trace tells: role, sites, in use or not, and the password that its owner has chosen."""
    gone = dict(ledger.accounts)
    for name, role, sites, active, hashed in db.execute("SELECT name, role, sites, active, password_hash FROM staff"):
        known = gone.pop(name, None)
        told = known and (known.role, known.sites, known.active, known.password)
        if told != (role, sites_of(sites), bool(active), password_digest(hashed)):
            yield UnrecordedRow(RowKind.ACCOUNT, name)
    yield from (UnrecordedRow(RowKind.ACCOUNT, str(name)) for name in gone)


def _pairs(db: Database, ledger: Ledger) -> Iterator[UnrecordedRow]:
    rows = db.execute(
        "SELECT name, public_key FROM staff_keys JOIN staff ON staff.id = staff_id WHERE retired_at IS NULL"
    )
    gone = dict(ledger.pairs)
    for name, public_key in rows:
        pair = gone.pop(fingerprint(public_key), None)
        if pair is None or pair.account != name:
            yield UnrecordedRow(RowKind.PAIR, name)
    yield from (UnrecordedRow(RowKind.PAIR, str(pair.account)) for pair in gone.values())


def _site_keys(db: Database, ledger: Ledger, secrets: Path) -> Iterator[UnrecordedRow]:
    """Keys for new reports. The first one of a site has no event, but a file."""
    for number, site, public_key in db.execute(
        "SELECT id, site_id, public_key FROM site_keys WHERE retired_at IS NULL"
    ):
        path = site_keys.key_file(secrets, site)
        is_in_file = path.exists() and site_keys.public_half(path) == public_key
        if ledger.site_keys.get(number) != fingerprint(public_key) and not is_in_file:
            yield UnrecordedRow(RowKind.SITE_KEY, site)


def _recovery(db: Database, ledger: Ledger) -> Iterator[UnrecordedRow]:
    rows = db.execute("SELECT public_key FROM recovery_keys WHERE retired_at IS NULL")
    stored = {fingerprint(public_key) for (public_key,) in rows}
    told = {ledger.recovery} if ledger.recovery else set()
    yield from (UnrecordedRow(RowKind.RECOVERY, str(each)) for each in sorted(stored ^ told, key=str))


def _grants(db: Database, ledger: Ledger) -> Iterator[UnrecordedRow]:
    rows = db.execute(
        "SELECT site_key_id, coalesce(staff_keys.public_key, recovery_keys.public_key), name FROM key_grants"
        " LEFT JOIN staff_keys ON staff_keys.id = staff_key_id LEFT JOIN staff ON staff.id = staff_id"
        " LEFT JOIN recovery_keys ON recovery_keys.id = recovery_key_id"
    )
    gone = set(ledger.grants)
    for number, public_key, name in rows:
        if (number, fingerprint(public_key)) not in gone:
            yield UnrecordedRow(RowKind.GRANT, name or fingerprint(public_key))
        gone.discard((number, fingerprint(public_key)))
    yield from (UnrecordedRow(RowKind.GRANT, str(each)) for each in sorted({str(whose) for _, whose in gone}))


def _factors(db: Database, ledger: Ledger) -> Iterator[UnrecordedRow]:
    yield from _differing(RowKind.FACTOR, ledger.factors, second_factors.digests(db))
    yield from _differing(RowKind.CODES, ledger.codes, recovery_codes.digests(db))


def _differing(kind: RowKind, told: Mapping[str, str], stored: Mapping[str, str]) -> Iterator[UnrecordedRow]:
    """Both: account by digest."""
    for name in sorted({str(name) for _, name in told.items() ^ stored.items()}):
        yield UnrecordedRow(kind, name)
