"""Second factors of an account: authenticator apps, passkeys and recovery codes.

Each use is a compare-and-set on the counter, so a code or a signature that was accepted is never accepted again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.second_factor import FactorKind, matching_step
from kiosk.store.base import rows
from kiosk.store.base.connection import immediate
from kiosk.store.keys import factor_key
from kiosk.store.staff import accounts, recovery_codes
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import events
from kiosk.store.trace.events import ENCODER, SYSTEM, Event

MOST = 8  # factors of an account


@dataclass(frozen=True, slots=True)
class Factor:
    """``secret``: sealed, of an app; id and public key, of a passkey. ``host``: of a passkey."""

    id: int
    kind: FactorKind
    secret: bytes
    host: str
    counter: int
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """``credential``: id and public key."""

    credential: bytes
    host: str
    counter: int


@dataclass(frozen=True, slots=True)
class AddedFactor:
    """``codes``: recovery codes, made with the first factor."""

    codes: tuple[str, ...] = ()


def of_member(db: Database, staff_id: int) -> list[Factor]:
    columns = "id, kind, secret, host, counter, created_at, used_at"
    found = db.execute(f"SELECT {columns} FROM staff_factors WHERE staff_id = ? ORDER BY id", (staff_id,))
    return list(rows.every(found, Factor))


def digests(db: Database) -> dict[str, str]:
    """Name of the account by digest as in the trace. The digest leaves out the last use, which is no event."""
    found = db.execute(
        "SELECT name, kind, secret, host, staff_factors.created_at FROM staff_factors JOIN staff ON staff.id = staff_id"
    )
    return {_digest(*parts): name for name, *parts in found.fetchall()}


def digest_of(factor: Factor) -> str:
    return _digest(factor.kind, factor.secret, factor.host, clock.to_text(factor.created_at))


def _digest(kind: str, secret: bytes, host: str, created_at: str) -> str:
    return hashlib.sha256(ENCODER.encode([kind, secret.hex(), host, created_at]).encode()).hexdigest()


def add_app(
    db: Database, secrets: Path, member: Member, secret: bytes, step: int, now: datetime, *, only_first: bool
) -> AddedFactor | None:
    """``step``: of the code that proved the app. See ``_add``."""
    with immediate(db):
        sealed = factor_key.seal(secrets, secret, member.id)
        return _add(db, member, (FactorKind.TOTP, sealed, "", step), now, only_first=only_first)


def add_passkey(
    db: Database, member: Member, new: NewPasskey, now: datetime, *, only_first: bool
) -> AddedFactor | None:
    with immediate(db):
        row = (FactorKind.PASSKEY, new.credential, new.host, new.counter)
        return _add(db, member, row, now, only_first=only_first)


def use_app(db: Database, secrets: Path, member: Member, typed: str, now: datetime) -> bool:
    """True if the code is one of the member's apps now and was not used before. Raises StoreError without the key."""
    apps = [factor for factor in of_member(db, member.id) if factor.kind is FactorKind.TOTP]
    for app in apps:
        secret = factor_key.open_sealed(secrets, app.secret, member.id)
        step = matching_step(secret, typed, now)
        if step is not None and _use(db, app, step, now):
            return True
    return False


def use_passkey(db: Database, factor: Factor, counter: int, now: datetime) -> bool:
    """False for a signature counter that does not grow: the passkey was copied. Many passkeys count nothing (0)."""
    return _use(db, factor, counter, now)


def use_recovery_code(db: Database, member: Member, typed: str, now: datetime) -> bool:
    with immediate(db):
        if not recovery_codes.use(db, member.id, typed):
            return False
        detail = {"code": recovery_codes.digest_of(db, typed, member.id), "left": recovery_codes.left(db, member.id)}
        _trace(db, "recovery_code_used", member, now, **detail)
    return True


def new_codes(db: Database, member: Member, now: datetime) -> tuple[str, ...]:
    with immediate(db):
        codes = recovery_codes.replace(db, member.id)
        _trace(db, "recovery_codes_made", member, now, **_told(db, member, codes))
    return codes


def remove(db: Database, member: Member, factor: int, now: datetime, *, keep_one: bool) -> bool:
    """False for another's factor, and for the last one if ``keep_one``. Recovery codes go with the last one."""
    with immediate(db):
        mine = {each.id: each for each in of_member(db, member.id)}
        if factor not in mine or (keep_one and len(mine) == 1):
            return False
        db.execute("DELETE FROM staff_factors WHERE id = ?", (factor,))
        if len(mine) == 1:
            recovery_codes.forget(db, member.id)
        _trace(db, "second_factor_removed", member, now, kind=mine[factor].kind, factor=digest_of(mine[factor]))
    return True


def reset(db: Database, name: str, now: datetime, *, actor: str = SYSTEM) -> None:
    """For a lost telephone: forget factors and codes, end every session. Raises StaffError like ``disable``."""
    with immediate(db):
        accounts.demand_active(db, name)
        accounts.forget_factors(db, name)
        accounts.end_sessions(db, name)
        events.append(db, [Event(action="second_factor_reset", actor=actor, detail={"account": name})], now)


def record_refusal(db: Database, member: Member, now: datetime) -> None:
    """The password was right: the owner's mistake, or somebody who knows it."""
    with immediate(db):
        events.append(db, [Event(action="second_factor_refused", actor=member.name)], now)


def _add(
    db: Database, member: Member, new: tuple[FactorKind, bytes, str, int], now: datetime, *, only_first: bool
) -> AddedFactor | None:
    """None if the account has too many, or one already and ``only_first``: a password alone adds no second one.

    Also for a passkey that an account has already.
    """
    before = len(of_member(db, member.id))
    known = db.execute("SELECT 1 FROM staff_factors WHERE secret = ?", (new[1],)).fetchone()
    if before >= MOST or (only_first and before) or known:
        return None
    db.execute(
        "INSERT INTO staff_factors (staff_id, kind, secret, host, counter, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (member.id, *new, clock.to_text(now)),
    )
    codes = () if before else recovery_codes.replace(db, member.id)
    added = of_member(db, member.id)[-1]
    told = _told(db, member, codes) if codes else {}
    _trace(db, "second_factor_added", member, now, kind=added.kind, factor=digest_of(added), **told)
    return AddedFactor(codes)


def _told(db: Database, member: Member, codes: Sequence[str]) -> dict[str, Any]:
    return {"codes": [recovery_codes.digest_of(db, code, member.id) for code in codes]}


def _trace(db: Database, action: str, member: Member, now: datetime, **detail: Any) -> None:  # noqa: ANN401 - JSON
    events.append(db, [Event(action=action, actor=member.name, detail={"account": member.name, **detail})], now)


def _use(db: Database, factor: Factor, counter: int, now: datetime) -> bool:
    with immediate(db):
        used = db.execute(
            "UPDATE staff_factors SET counter = ?, used_at = ?"
            " WHERE id = ? AND (counter < ? OR (counter = 0 AND ? = 0))",
            (counter, clock.to_text(now), factor.id, counter, counter),
        )
    return bool(used.rowcount == 1)
