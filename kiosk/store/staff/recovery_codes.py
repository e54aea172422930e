"""Recovery codes: each replaces the second factor once. Only keyed digests are stored.

75 random bits a code, so no slow hash is needed.
"""

import hashlib
import secrets

from sqlite_utils import Database

from kiosk.domain.spelling import check_letter, code_in, grouped, spell
from kiosk.store.keys import token_digests
from kiosk.store.keys.token_digests import keyed

COUNT = 8
LETTERS = 15  # besides the check letter


def replace(db: Database, staff_id: int) -> tuple[str, ...]:
    """The new codes, to be shown once; the former ones are void. Inside the caller's transaction."""
    forget(db, staff_id)
    codes = tuple(_new() for _ in range(COUNT))
    for code in codes:
        db.execute("INSERT INTO recovery_codes VALUES (?, ?)", (_digest(db, code, staff_id), staff_id))
    return tuple(grouped(code, 4) for code in codes)


def use(db: Database, staff_id: int, typed: str) -> bool:
    """True once for each code. Inside the caller's transaction."""
    letters = code_in(typed, LETTERS + 1)
    if letters is None:
        return False
    used = db.execute(
        "DELETE FROM recovery_codes WHERE digest = ? AND staff_id = ?", (_digest(db, letters, staff_id), staff_id)
    )
    return bool(used.rowcount == 1)


def left(db: Database, staff_id: int) -> int:
    return int(db.execute("SELECT count(*) FROM recovery_codes WHERE staff_id = ?", (staff_id,)).fetchone()[0])


def digests(db: Database) -> dict[str, str]:
    """Name of the account by digest as in the trace."""
    rows = db.execute("SELECT digest, name FROM recovery_codes JOIN staff ON staff.id = staff_id").fetchall()
    return {digest.hex(): name for digest, name in rows}


def digest_of(db: Database, code: str, staff_id: int) -> str:
    """Of a code of ``replace``, or of one that ``use`` took, for the trace."""
    return _digest(db, code_in(code, LETTERS + 1) or "", staff_id).hex()


def forget(db: Database, staff_id: int) -> None:
    db.execute("DELETE FROM recovery_codes WHERE staff_id = ?", (staff_id,))


def _new() -> str:
    letters = spell(secrets.randbits(5 * LETTERS), LETTERS)
    return letters + check_letter(letters)


def _digest(db: Database, letters: str, staff_id: int) -> bytes:
    digest = hashlib.sha256(b"kiosk recovery code" + letters.encode()).digest()
    return keyed(db, token_digests.RECOVERY_CODE, digest, account=staff_id)
