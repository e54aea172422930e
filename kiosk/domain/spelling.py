"""Base 32 spelling that can be read aloud: Crockford's alphabet (no I, L, O, U) with check letters.

The check letter is a weighted sum over GF(32) with distinct weights: it reveals every single wrong letter and every
swap of two letters.
"""

import re
from collections.abc import Sequence

from kiosk.domain.folding import fold

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("OILЗ", "0113")
PIECE = re.compile(r"[^\W_]+")
FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive over GF(2): the powers of 2 run through all 31 weights


def check_letter(letters: str) -> str:
    """For up to 30 letters of ALPHABET: each has its own weight, the check letter has 1."""
    total, weight = 0, 1
    for letter in letters:
        weight = _multiply(weight, 2)
        total ^= _multiply(weight, ALPHABET.index(letter))
    return ALPHABET[total]


def spell(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def number_of(letters: str) -> int:
    """Inverse of ``spell``."""
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return number


def grouped(letters: str, size: int) -> str:
    return "-".join(letters[start : start + size] for start in range(0, len(letters), size))


def letters_of(text: str) -> str | None:
    """From typed text (any case, script and separators, O for 0, I or L for 1); None if one is not in ALPHABET."""
    return _in_alphabet(_pieces(text))


def code_in(text: str, length: int) -> str | None:
    """Letters of the last complete code of this ``length`` in typed text, whatever words stand around it."""
    pieces = _pieces(text)
    spans = ((start, end) for start in reversed(range(len(pieces))) for end in range(start + 1, len(pieces) + 1))
    found = (_in_alphabet(pieces[start:end]) for start, end in spans)
    return next((letters for letters in found if letters and len(letters) == length and is_complete(letters)), None)


def _pieces(text: str) -> list[str]:
    return PIECE.findall(fold(text).upper().translate(LOOKALIKES))


def _in_alphabet(pieces: Sequence[str]) -> str | None:
    letters = "".join(pieces)
    return letters if all(letter in ALPHABET for letter in letters) else None


def is_complete(letters: str) -> bool:
    """The last letter is the check letter of the others."""
    return bool(letters) and check_letter(letters[:-1]) == letters[-1]


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
