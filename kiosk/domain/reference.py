"""References and follow-up codes: letters that can be read aloud, with a check letter.

Both are derived from the submission id, so that a retry shows the same ones.
"""

import hashlib
import hmac
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.domain.spelling import check_letter, code_in, grouped, is_complete, letters_of, spell
from kiosk.domain.submission import Submission

PARSED_LIMIT = 200  # characters


def references(submission: Submission) -> Iterator[str]:
    """``7K4-92Q-MX9``: the report's own, then the next ones in case it is taken."""
    number = int.from_bytes(submission.derive(b"reference", 5)) % 32**8
    while True:
        letters = spell(number, 8)
        yield grouped(letters + check_letter(letters), 3)
        number = (number + 1) % 32**8


def follow_up_code(submission: Submission) -> str:
    """``XXXX-XXXX-XXXX-XXXX``: 75 bits that only the reporter has."""
    number = int.from_bytes(submission.derive(b"follow-up code", 10)) % 32**15
    letters = spell(number, 15)
    return grouped(letters + check_letter(letters), 4)


def parse(text: str, *, length: int) -> str | None:
    """Canonical spelling of a typed code (any case, spaces, O for 0, a label …); None if it is no code.

    ``length``: 9 for a reference, 16 for a follow-up code.
    """
    letters = letters_of(text)
    if letters is None or len(letters) != length or not is_complete(letters):
        letters = code_in(text[:PARSED_LIMIT], length)
    if letters is None:
        return None
    return grouped(letters, 3 if length == 9 else 4)


def follow_up_hash(code: str, secret: bytes) -> bytes:
    """Look-up key in the database. 75 random bits need no slow hash; ``secret``: the kiosk's, not in the database."""
    return hmac.digest(secret, b"kiosk follow-up" + code.encode(), hashlib.sha256)


def follow_up_private_key(code: str, secret: bytes) -> X25519PrivateKey:
    """Opens replies to the reporter; derived from the code and the kiosk's secret. The report stores the public key."""
    seed = HKDF(SHA256(), 32, salt=secret, info=b"kiosk follow-up key").derive(code.encode())
    return X25519PrivateKey.from_private_bytes(seed)
