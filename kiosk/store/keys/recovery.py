"""Recovery key: opens what no password opens any more. Only its public half is stored."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import KeyTextError
from kiosk.store.keys import age_keys, paper

LINES = 4  # hold 256 bits


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """``signer``: public key of the signing key whose check letters stand on the same paper."""

    id: int
    public_key: bytes
    signer: bytes
    created_at: datetime


def current(db: Database) -> RecoveryKey | None:
    """None until `kiosk init`."""
    row = db.execute(
        "SELECT id, public_key, signer, created_at FROM recovery_keys WHERE retired_at IS NULL ORDER BY id DESC"
    ).fetchone()
    return RecoveryKey(row[0], row[1], row[2], clock.from_text(row[3])) if row else None


def add(db: Database, public_key: bytes, signer: bytes, now: datetime) -> RecoveryKey:
    """Inside the caller's transaction; retires the former key."""
    at = clock.to_text(now)
    db.execute("UPDATE recovery_keys SET retired_at = ? WHERE retired_at IS NULL", (at,))
    row = db.execute(
        "INSERT INTO recovery_keys (public_key, signer, created_at) VALUES (?, ?, ?) RETURNING id",
        (public_key, signer, at),
    ).fetchone()
    return RecoveryKey(row[0], public_key, signer, now)


def to_text(key: X25519PrivateKey) -> str:
    """Four lines to write down."""
    return paper.to_lines(int.from_bytes(key.private_bytes_raw()), LINES)


def from_text(text: str) -> X25519PrivateKey:
    """Read ``to_text`` output, tolerant of typing style, or an age identity; raises KeyTextError."""
    if age_keys.is_identity(text):
        return age_keys.from_identity(text)
    number = paper.from_lines(text, LINES, wrong="La ligne {number} de la clé est mal saisie")
    if number is None:
        raise KeyTextError(f"Ce n'est pas une clé : elle a {LINES} lignes de {paper.LETTERS + 1} lettres et chiffres.")
    if number >> 256:
        raise KeyTextError("Ce n'est pas une clé : sa première lettre est impossible. Comparez-la avec le papier.")
    return X25519PrivateKey.from_private_bytes(number.to_bytes(32))
