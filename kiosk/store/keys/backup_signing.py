"""Signing key for backups (Ed25519). A backup holds it, as all of ``secrets/``, so that a restored kiosk goes on.

The recovery key's paper bears its check letters: somebody who knows every public key of this kiosk can encrypt a backup
to them, but not sign it.
"""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.errors import KeyTextError, StoreError
from kiosk.store.keys import paper
from kiosk.store.keys.site_keys import write_secret

FILE = "backup-signing.key"
DETAIL = "check_letters"  # in events: a head of the trace then vouches for the key
GROUPS = 2
BITS = GROUPS * paper.LETTERS * 5  # 130: nobody finds another key with the same letters


def ensure(secrets: Path) -> None:
    """Make the key if there is none; the caller holds the lock of the start."""
    path = secrets / FILE
    if not path.exists():
        write_secret(path, Ed25519PrivateKey.generate().private_bytes_raw())


def private_key(secrets: Path) -> Ed25519PrivateKey:
    path = secrets / FILE
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"La clé {path}, qui signe les sauvegardes, ne peut pas être lue : remettez-la.") from error


def public_key(secrets: Path) -> bytes:
    return private_key(secrets).public_key().public_bytes_raw()


def signs(secrets: Path, public: bytes) -> bool:
    """Is it the key of this instance? False if that cannot be read."""
    try:
        return public_key(secrets) == public
    except StoreError:
        return False


def check_letters(public: bytes) -> str:
    """Two groups of letters that stand for the public key."""
    digest = hashlib.sha256(b"kiosk signing key" + public).digest()
    return _spelled(int.from_bytes(digest) >> 256 - BITS)


def from_text(text: str) -> str:
    """Check letters as somebody typed them, spelled as ``check_letters`` does; raises KeyTextError."""
    number = paper.from_lines(text, GROUPS, wrong="Le groupe {number} des lettres de contrôle est mal saisi")
    if number is None:
        raise KeyTextError(
            f"Ce ne sont pas les lettres de contrôle : il y en a {GROUPS} groupes de {paper.LETTERS + 1},"
            " sous la clé de secours."
        )
    return _spelled(number)


def _spelled(number: int) -> str:
    """In one line, so that nobody takes them for lines of the key."""
    return paper.to_lines(number, GROUPS).replace("\n", " ")
