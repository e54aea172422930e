"""Password proofs: a right password, remembered until the second step of the sign-in or of a change of factors.

The browser holds a random token, the database its keyed digest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keys import token_digests
from kiosk.store.keys.token_digests import keyed
from kiosk.store.staff.accounts import MEMBER_COLUMNS, Member, as_member

LIFETIME = timedelta(minutes=10)  # enough to install an app


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """``signs_in``: a session follows; else the member has one already."""

    digest: bytes
    member: Member
    signs_in: bool


def give(db: Database, proof: PasswordProof, password_hash: str, now: datetime) -> bool:
    """False if the password was changed or the account disabled since ``password_hash`` was read."""
    with immediate(db):
        db.execute("DELETE FROM password_proofs WHERE ends_at <= ?", (clock.to_text(now),))
        given = db.execute(
            "INSERT INTO password_proofs SELECT ?, id, ?, ? FROM staff"
            " WHERE id = ? AND active = 1 AND password_hash = ?",
            (
                keyed(db, token_digests.PROOF, proof.digest),
                proof.signs_in,
                clock.to_text(now + LIFETIME),
                proof.member.id,
                password_hash,
            ),
        )
    return bool(given.rowcount == 1)


def find(db: Database, digest: bytes, now: datetime) -> PasswordProof | None:
    row = db.execute(
        f"SELECT {MEMBER_COLUMNS}, signs_in FROM password_proofs JOIN staff ON staff.id = staff_id"
        " WHERE digest = ? AND ends_at > ? AND active = 1",
        (keyed(db, token_digests.PROOF, digest), clock.to_text(now)),
    ).fetchone()
    return PasswordProof(digest, as_member(row), bool(row[5])) if row else None


def end(db: Database, digest: bytes) -> None:
    with immediate(db):
        db.execute("DELETE FROM password_proofs WHERE digest = ?", (keyed(db, token_digests.PROOF, digest),))
