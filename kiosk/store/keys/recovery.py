"""Recovery key: opens what no password opens any more. Only its public half is stored."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.spelling import check_letter, grouped, is_complete, letters_of, number_of, spell
from kiosk.errors import KeyTextError

LINES, LETTERS = 4, 13  # 52 letters of 5 bits hold 256 bits; each line adds a check letter


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    id: int
    public_key: bytes
    created_at: datetime


def current(db: Database) -> RecoveryKey | None:
    """None until `kiosk init`."""
    row = db.execute(
        "SELECT id, public_key, created_at FROM recovery_keys WHERE retired_at IS NULL ORDER BY id DESC"
    ).fetchone()
    return RecoveryKey(row[0], row[1], clock.from_text(row[2])) if row else None


def add(db: Database, public_key: bytes, now: datetime) -> RecoveryKey:
    """Inside the caller's transaction; retires the former key."""
    at = clock.to_text(now)
    db.execute("UPDATE recovery_keys SET retired_at = ? WHERE retired_at IS NULL", (at,))
    row = db.execute(
        "INSERT INTO recovery_keys (public_key, created_at) VALUES (?, ?) RETURNING id", (public_key, at)
    ).fetchone()
    return RecoveryKey(row[0], public_key, now)


def to_text(key: X25519PrivateKey) -> str:
    """Four lines to write down, ``XXXXX-XXXXX-XXXX`` each; the last letter is a check letter."""
    letters = spell(int.from_bytes(key.private_bytes_raw()), LINES * LETTERS)
    parts = [letters[start : start + LETTERS] for start in range(0, len(letters), LETTERS)]
    return "\n".join(grouped(part + check_letter(part), 5) for part in parts)


def from_text(text: str) -> X25519PrivateKey:
    """Read ``to_text`` output, tolerant of typing style; raises KeyTextError, which names a wrong line."""
    letters = letters_of(text)
    if letters is None or len(letters) != LINES * (LETTERS + 1):
        raise KeyTextError(f"Ce n'est pas une clé : elle a {LINES} lignes de {LETTERS + 1} lettres et chiffres.")
    parts = [letters[start : start + LETTERS + 1] for start in range(0, len(letters), LETTERS + 1)]
    for line, part in enumerate(parts, 1):
        if not is_complete(part):
            raise KeyTextError(f"La ligne {line} de la clé est mal saisie : comparez-la avec le papier.")
    number = number_of("".join(part[:-1] for part in parts))
    if number >> 256:
        raise KeyTextError("Ce n'est pas une clé : sa première lettre est impossible. Comparez-la avec le papier.")
    return X25519PrivateKey.from_private_bytes(number.to_bytes(32))
