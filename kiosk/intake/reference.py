"""References and follow-up codes: letters people can read aloud, with a check letter at the end.

Crockford's base 32 (no I, L, O, U). The check letter is a weighted sum over GF(32) with distinct weights, so it
reveals every single wrong letter and every swap of two letters. Both codes are derived from the submission id,
so that a retry shows the same ones; the submission id itself is never stored, only its SHA-256.
"""

import hashlib
from collections.abc import Iterator
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("OIL", "011")
FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive over GF(2): the powers of 2 run through all 31 weights


def _derive(submission_id: UUID, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=b"kiosk " + purpose).derive(submission_id.bytes)


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= FIELD_POLYNOMIAL
        right >>= 1
    return product


def check_letter(letters: str) -> str:
    """The letter that completes up to 30 letters of ALPHABET: each then has a weight of its own, the check letter 1."""
    total, weight = 0, 1
    for letter in letters:
        weight = _multiply(weight, 2)
        total ^= _multiply(weight, ALPHABET.index(letter))
    return ALPHABET[total]


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def _grouped(letters: str, size: int) -> str:
    return "-".join(letters[start : start + size] for start in range(0, len(letters), size))


def references(submission_id: UUID) -> Iterator[str]:
    """``7K4-92Q-MX9``: first the report's own reference, then the next ones, for when it is taken."""
    number = int.from_bytes(_derive(submission_id, b"reference", 5)) % 32**8
    while True:
        letters = _letters(number, 8)
        yield _grouped(letters + check_letter(letters), 3)
        number = (number + 1) % 32**8


def follow_up_code(submission_id: UUID) -> str:
    """``XXXX-XXXX-XXXX-XXXX``: 75 bits that only the reporter holds."""
    number = int.from_bytes(_derive(submission_id, b"follow-up code", 10)) % 32**15
    letters = _letters(number, 15)
    return _grouped(letters + check_letter(letters), 4)


def parse(text: str, *, length: int) -> str | None:
    """The one spelling of what somebody typed (any case, spaces, O for 0, I or L for 1), or None if it is no code.

    ``length`` is 9 for a reference, 16 for a follow-up code.
    """
    letters = "".join(letter for letter in text.upper().translate(LOOKALIKES) if letter.isalnum())
    if len(letters) != length or any(letter not in ALPHABET for letter in letters):
        return None
    if check_letter(letters[:-1]) != letters[-1]:
        return None
    return _grouped(letters, 3 if length == 9 else 4)


def random_uuid(text: str | None) -> UUID | None:
    """A submission id as it was posted; None for anything but a random UUID."""
    try:
        given = UUID(text or "")
    except ValueError:
        return None
    return given if given.version == 4 else None


def submission_hash(submission_id: UUID) -> bytes:
    return hashlib.sha256(b"kiosk submission" + submission_id.bytes).digest()


def addition_hash(submission_id: UUID) -> bytes:
    return hashlib.sha256(b"kiosk addition" + submission_id.bytes).digest()


def follow_up_hash(code: str) -> bytes:
    """What the database looks a follow-up code up by; 75 random bits need no slow hash."""
    return hashlib.sha256(b"kiosk follow-up" + code.encode()).digest()


def follow_up_private_key(code: str) -> X25519PrivateKey:
    """Opens replies to the reporter; derived from the code alone, its public half is stored with the report."""
    seed = HKDF(SHA256(), 32, salt=None, info=b"kiosk follow-up key").derive(code.encode())
    return X25519PrivateKey.from_private_bytes(seed)
