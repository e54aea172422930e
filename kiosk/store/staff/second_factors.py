"""Second factors of an account: authenticator apps, passkeys and recovery codes.

Each use is a compare-and-set on the counter, so a code or a signature that was accepted is never accepted again.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.second_factor import FactorKind, matching_step
from kiosk.store.base import rows
from kiosk.store.base.connection import immediate
from kiosk.store.keys import factor_key
from kiosk.store.staff import accounts, recovery_codes
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import events
from kiosk.store.trace.events import SYSTEM, Event

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
    """Whether the code is one of the member's apps now and was not used before. Raises StoreError without the key."""
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
        detail = {"left": recovery_codes.left(db, member.id)}
        events.append(db, [Event(action="recovery_code_used", actor=member.name, detail=detail)], now)
    return True


def new_codes(db: Database, member: Member, now: datetime) -> tuple[str, ...]:
    with immediate(db):
        events.append(db, [Event(action="recovery_codes_made", actor=member.name)], now)
        return recovery_codes.replace(db, member.id)


def remove(db: Database, member: Member, factor: int, now: datetime, *, keep_one: bool) -> bool:
    """False for another's factor, and for the last one if ``keep_one``. Recovery codes go with the last one."""
    with immediate(db):
        mine = {each.id: each.kind for each in of_member(db, member.id)}
        if factor not in mine or (keep_one and len(mine) == 1):
            return False
        db.execute("DELETE FROM staff_factors WHERE id = ?", (factor,))
        if len(mine) == 1:
            recovery_codes.forget(db, member.id)
        detail = {"kind": mine[factor]}
        events.append(db, [Event(action="second_factor_removed", actor=member.name, detail=detail)], now)
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
    at = clock.to_text(now)
    db.execute(
        "INSERT INTO staff_factors (staff_id, kind, secret, host, counter, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (member.id, *new, at),
    )
    events.append(db, [Event(action="second_factor_added", actor=member.name, detail={"kind": new[0]})], now)
    return AddedFactor() if before else AddedFactor(recovery_codes.replace(db, member.id))


def _use(db: Database, factor: Factor, counter: int, now: datetime) -> bool:
    with immediate(db):
        used = db.execute(
            "UPDATE staff_factors SET counter = ?, used_at = ?"
            " WHERE id = ? AND (counter < ? OR (counter = 0 AND ? = 0))",
            (counter, clock.to_text(now), factor.id, counter, counter),
        )
    return bool(used.rowcount == 1)
