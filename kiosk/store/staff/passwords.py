"""Password rules and hashing (Argon2id).

At most two hashes run at a time, so that the terminal stays responsive.
"""

import hashlib
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from kiosk.store.staff.password_strength import is_guessable

SHORTEST, LONGEST = 12, 256  # characters
AT_ONCE = 2
PATIENCE = 5.0  # seconds to wait for a slot
# Above OWASP's minimum (19 MiB, 2 rounds); about 0.1 s on a terminal.
HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
# Checked for unknown names, so that they take as long as known ones.
DUMMY = "$argon2id$v=19$m=65536,t=3,p=1$2ayiA2WUWloAePCM9secNw$YPQltdFvVT0994FMLWTOahQSVnE0j6juyDGDbubM5Gk"

_turns = threading.BoundedSemaphore(AT_ONCE)


class TooBusy(Exception):
    """All hashing slots are taken: retry in a moment."""


def objection(password: str, again: str, *names: str) -> str | None:
    """Reason for refusing the password, in French; None when it is accepted.

    ``names``: of the member, the organisation and its sites; they add almost no strength.
    """
    plain = normal(password)
    if len(plain) < SHORTEST:
        return f"Il faut au moins {SHORTEST} caractères : une phrase courte est facile à retenir."
    if len(plain) > LONGEST:
        return f"Il faut au plus {LONGEST} caractères. Choisissez une phrase plus courte."
    if is_guessable(plain, names):
        return (
            "Ce mot de passe serait vite deviné. Choisissez par exemple quatre mots sans rapport entre eux, "
            "sans votre nom ni celui de l'organisme."
        )
    if plain != normal(again):
        return "Les deux mots de passe ne sont pas les mêmes. Tapez deux fois le même."
    return None


def normal(password: str) -> str:
    """NFKC: keyboards compose accents differently."""
    return unicodedata.normalize("NFKC", password)


def as_bytes(password: str) -> bytes:
    return normal(password).encode("utf-8", "surrogatepass")


def hashed(password: str) -> str:
    """Raises TooBusy."""
    with turn():
        return HASHER.hash(as_bytes(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Verify. Without a hash False, after the same time. Raises TooBusy."""
    with turn():
        try:
            HASHER.verify(password_hash or DUMMY, as_bytes(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def password_digest(password_hash: str | None) -> str:
    """Digest of a hash, for the trace: shows that the hash was exchanged in the database. Empty without a password."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32] if password_hash else ""


def is_outdated(password_hash: str) -> bool:
    return HASHER.check_needs_rehash(password_hash)


@contextmanager
def turn() -> Iterator[None]:
    """Take a slot for work as costly as a hash; raises TooBusy."""
    if not _turns.acquire(timeout=PATIENCE):
        raise TooBusy
    try:
        yield
    finally:
        _turns.release()
