"""Account ledger: accounts, keys, grants and second factors as the trace tells them.

Rows of the database count only as far as the ledger knows them, so that a row planted by somebody who can write the
file gets no key. An event right before each cut of the trace records the ledger: the first one that is left is where
reading begins, and each later one must equal what the events before it tell.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlite_utils import Database

from kiosk.store.base.connection import any_text
from kiosk.store.trace.events import Event

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
RECORDED = "accounts_recorded"
TOLD = "accounts_told"  # by mail; changes no account
# As in the index events_about_accounts: SQLite uses it for the same list only.
ABOUT_ACCOUNTS = (
    "action IN ('account_added', 'account_disabled', 'password_link_made', 'password_set', 'password_changed',"
    " 'password_rehashed', 'key_pair_made', 'key_pair_retired', 'key_confirmed', 'key_granted', 'site_key_made',"
    " 'keys_initialised', 'recovery_key_renewed', 'second_factor_added', 'second_factor_removed',"
    " 'second_factor_reset', 'recovery_codes_made', 'recovery_code_used', 'accounts_recorded', 'accounts_told')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """``password``: digest of its hash, empty without a password."""

    role: str
    sites: tuple[str, ...]
    added_by: str
    added_at: str
    active: bool = True
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPair:
    """``confirmed_by``: account, ``kiosk`` or ``recovery``; empty until somebody has compared the fingerprint."""

    account: str
    made_at: str
    confirmed_by: str = ""
    confirmed_at: str = ""


@dataclass(slots=True)
class Ledger:
    """``pairs``: by fingerprint. ``site_keys``: fingerprint by number. ``grants``: (number of a site key, fingerprint).

    ``factors``, ``codes``: account by digest, of second factors and of recovery codes that were not used.
    ``forged``: an event claims a ledger that the events before it do not tell.
    """

    accounts: dict[str, KnownAccount] = field(default_factory=dict)
    pairs: dict[str, KnownPair] = field(default_factory=dict)
    site_keys: dict[int, str] = field(default_factory=dict)
    grants: set[tuple[int, str]] = field(default_factory=set)
    recovery: str = ""
    factors: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    forged: bool = False

    def knows(self, account: str, fingerprint: str) -> bool:
        pair, known = self.pairs.get(fingerprint), self.accounts.get(account)
        return pair is not None and known is not None and pair.account == account and known.active

    def trusts(self, account: str, fingerprint: str, sites: tuple[str, ...]) -> bool:
        """True if the pair may get the keys of the sites: known, and confirmed by somebody."""
        known = self.knows(account, fingerprint) and self.accounts[account].sites == sites
        return known and bool(self.pairs[fingerprint].confirmed_by)

    def as_detail(self) -> dict[str, Any]:
        return {
            "accounts": {name: asdict(known) for name, known in self.accounts.items()},
            "pairs": {fingerprint: asdict(pair) for fingerprint, pair in self.pairs.items()},
            "site_keys": {str(number): known for number, known in self.site_keys.items()},
            "grants": sorted(([number, fingerprint] for number, fingerprint in self.grants), key=str),
            "recovery": self.recovery,
            "factors": self.factors,
            "codes": self.codes,
        }


def read(db: Database) -> Ledger:
    ledger, has_base = Ledger(), False
    query = f"SELECT id, at, actor, action, detail FROM events WHERE {ABOUT_ACCOUNTS} AND action != '{TOLD}'"
    with any_text(db):
        rows = db.execute(f"{query} ORDER BY id").fetchall()
    for number, at, actor, action, text in rows:
        try:
            if action != RECORDED:
                _apply(ledger, action, at, actor, json.loads(text))
            elif not has_base and _is_before_a_cut(db, number):
                ledger, has_base = _from_detail(json.loads(text)), True
            elif json.loads(json.dumps(ledger.as_detail())) != json.loads(text):
                ledger.forged = True
        except UNREADABLE:  # an event of somebody else, or its beginning was cut
            ledger.forged = True
    return ledger


def _is_before_a_cut(db: Database, number: int) -> bool:
    found = db.execute("SELECT 1 FROM events WHERE id = ? AND action = 'trace_cut'", (number + 1,))
    return found.fetchone() is not None


def record_before_cut(db: Database, last: int) -> Event | None:
    """Event to append before the events up to number ``last`` are cut; None if none of them is about accounts."""
    found = db.execute(f"SELECT 1 FROM events WHERE id <= ? AND {ABOUT_ACCOUNTS} LIMIT 1", (last,)).fetchone()
    return Event(action=RECORDED, detail=read(db).as_detail()) if found else None


def _apply(ledger: Ledger, action: str, at: str, actor: str, detail: Mapping[str, Any]) -> None:
    name, fingerprint = detail.get("account", actor), detail.get("fingerprint", "")
    if action == "account_added":
        known = KnownAccount(role=detail["role"], sites=tuple(detail["sites"]), added_by=actor, added_at=at)
        ledger.accounts[name] = known
        _forget_factors(ledger, name)
    elif action in ("account_disabled", "password_link_made"):
        _change(ledger, name, active=action != "account_disabled", password="")
        if action == "account_disabled":
            _forget_factors(ledger, name)
    elif action.startswith("password_"):
        _change(ledger, name, password=detail["password"])
    elif action.startswith(("second_factor_", "recovery_code")):
        _apply_factor(ledger, action, name, detail)
    elif action == "key_pair_made":
        ledger.pairs[fingerprint] = KnownPair(account=name, made_at=at)
    else:
        _apply_key(ledger, action, at, actor, detail)


def _apply_key(ledger: Ledger, action: str, at: str, actor: str, detail: Mapping[str, Any]) -> None:
    fingerprint = detail["fingerprint"]
    if action == "key_pair_retired":
        ledger.pairs.pop(fingerprint, None)
        _forget_grants(ledger, fingerprint)
    elif action == "key_confirmed":
        ledger.pairs[fingerprint] = replace(ledger.pairs[fingerprint], confirmed_by=actor, confirmed_at=at)
    elif action == "key_granted":
        ledger.grants |= {(number, fingerprint) for number in detail["keys"]}
    elif action == "site_key_made":
        ledger.site_keys[detail["key"]] = fingerprint
        ledger.grants |= {(detail["key"], each) for each in detail.get("to", ())}
    else:  # the recovery key was made or replaced
        _forget_grants(ledger, ledger.recovery)
        ledger.recovery = fingerprint


def _apply_factor(ledger: Ledger, action: str, name: str, detail: Mapping[str, Any]) -> None:
    if action == "second_factor_reset":
        _forget_factors(ledger, name)
    elif action == "second_factor_removed":
        ledger.factors.pop(detail["factor"], None)
        if name not in ledger.factors.values():
            _forget_codes(ledger, name)
    elif action == "recovery_code_used":
        ledger.codes.pop(detail["code"], None)
    else:  # a factor was added, the first one with codes, or new codes were made
        if action == "second_factor_added":
            ledger.factors[detail["factor"]] = str(name)
        if "codes" in detail:
            _forget_codes(ledger, name)
            ledger.codes |= dict.fromkeys(detail["codes"], str(name))


def _forget_factors(ledger: Ledger, name: str) -> None:
    ledger.factors = {digest: whose for digest, whose in ledger.factors.items() if whose != name}
    _forget_codes(ledger, name)


def _forget_codes(ledger: Ledger, name: str) -> None:
    ledger.codes = {digest: whose for digest, whose in ledger.codes.items() if whose != name}


def _forget_grants(ledger: Ledger, fingerprint: str) -> None:
    ledger.grants = {grant for grant in ledger.grants if grant[1] != fingerprint}


def _change(ledger: Ledger, name: str, **changes: Any) -> None:  # noqa: ANN401 - fields of KnownAccount
    if known := ledger.accounts.get(name):
        ledger.accounts[name] = replace(known, **changes)


def _from_detail(detail: Mapping[str, Any]) -> Ledger:
    return Ledger(
        accounts={name: _account(known) for name, known in detail["accounts"].items()},
        pairs={fingerprint: _pair(pair) for fingerprint, pair in detail["pairs"].items()},
        site_keys={int(number): known for number, known in detail["site_keys"].items()},
        grants={(number, fingerprint) for number, fingerprint in detail["grants"]},
        recovery=detail["recovery"],
        factors={digest: str(name) for digest, name in detail["factors"].items()},
        codes={digest: str(name) for digest, name in detail["codes"].items()},
    )


def _account(known: Mapping[str, Any]) -> KnownAccount:
    return KnownAccount(
        role=known["role"],
        sites=tuple(known["sites"]),
        added_by=known["added_by"],
        added_at=known["added_at"],
        active=known["active"],
        password=known["password"],
    )


def _pair(pair: Mapping[str, Any]) -> KnownPair:
    return KnownPair(
        account=pair["account"],
        made_at=pair["made_at"],
        confirmed_by=pair["confirmed_by"],
        confirmed_at=pair["confirmed_at"],
    )
