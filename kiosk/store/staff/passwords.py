"""Passwords: which are good enough, and Argon2id, at most two at a time so that the terminal keeps its breath."""

import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

SHORTEST, LONGEST = 12, 256  # characters
AT_ONCE = 2
PATIENCE = 5.0  # seconds for one's turn
# Above OWASP's floor (19 MiB, 2 rounds): about a tenth of a second on a terminal.
HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
# Nobody's password: for names that do not exist, so that they take as long as those that do.
DUMMY = "$argon2id$v=19$m=65536,t=3,p=1$2ayiA2WUWloAePCM9secNw$YPQltdFvVT0994FMLWTOahQSVnE0j6juyDGDbubM5Gk"

# What guessers try first, without digits and signs, and the words of this house.
OBVIOUS = {
    "abcdefghijkl", "admin", "administrateur", "administrator", "assurancemaladie", "azerty", "azertyuiop",
    "azertyuiopqsdfghjklm", "bonjour", "borne", "bornedesignalement", "bouchesdurhone", "changeme", "changezmoi",
    "cpam", "cpamdesbouchesdurhone", "cpcam", "demonstration", "doudou", "iloveyou", "incident", "jetaime", "kiosk",
    "letmein", "loulou", "marseille", "motdepasse", "monmotdepasse", "nouveaumotdepasse", "olympiquedemarseille",
    "password", "passwordpassword", "prestataire", "qwerty", "qwertyuiop", "qwertyuiopasdfghjkl", "responsable",
    "responsabledimmeuble", "secret", "securite", "securitesociale", "signalement", "soleil", "suppleant", "welcome",
}  # fmt: skip
RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
)

_turns = threading.BoundedSemaphore(AT_ONCE)


class TooBusy(Exception):
    """All turns are taken: ask again in a moment."""


def objection(password: str, again: str, *names: str) -> str | None:
    """Why this one cannot be taken, in French; None when it can."""
    plain = normal(password)
    if len(plain) < SHORTEST:
        return f"Il faut au moins {SHORTEST} caractères : une phrase courte est facile à retenir."
    if len(plain) > LONGEST:
        return f"Il faut au plus {LONGEST} caractères."
    if _is_obvious(plain, names):
        return "Ce mot de passe serait deviné parmi les premiers. Choisissez-en un autre, par exemple quatre mots."
    if plain != normal(again):
        return "Les deux mots de passe ne sont pas les mêmes."
    return None


def normal(password: str) -> str:
    """The same however a keyboard composes its accents."""
    return unicodedata.normalize("NFKC", password)


def as_bytes(password: str) -> bytes:
    return normal(password).encode("utf-8", "surrogatepass")


def hashed(password: str) -> str:
    """Raises TooBusy."""
    with turn():
        return HASHER.hash(as_bytes(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Without a hash as slow as with one, and False. Raises TooBusy."""
    with turn():
        try:
            HASHER.verify(password_hash or DUMMY, as_bytes(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    return HASHER.check_needs_rehash(password_hash)


@contextmanager
def turn() -> Iterator[None]:
    """For everything that costs as much as a hash; raises TooBusy."""
    if not _turns.acquire(timeout=PATIENCE):
        raise TooBusy
    try:
        yield
    finally:
        _turns.release()


def _is_obvious(plain: str, names: tuple[str, ...]) -> bool:
    """One word of the list with digits and signs around it, one's own name, one part over and over, keys in a row."""
    letters, typed = _bare(plain, str.isalpha), _bare(plain, str.isalnum)
    words = OBVIOUS | {_bare(name, str.isalpha) for name in names} - {""}
    repeated = any(typed == typed[:size] * (len(typed) // size) for size in range(1, len(typed) // 2 + 1))
    in_a_row = any(typed in run or typed in run[::-1] for run in RUNS)
    few_digits = not letters and len(set(typed)) < 6
    return letters in words or repeated or in_a_row or few_digits


def _bare(text: str, wanted: Callable[[str], bool]) -> str:
    """Without accents, capitals, and all that is not wanted."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if wanted(sign))
