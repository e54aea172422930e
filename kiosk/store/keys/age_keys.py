"""age keys: X25519 in Bech32 (BIP 173), ``age1…`` and ``AGE-SECRET-KEY-1…``, as the program age spells them.

pyrage takes keys in this spelling only. It is the same key as the four lines on paper.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.errors import KeyTextError

RECIPIENT, IDENTITY = "age", "age-secret-key-"
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
LETTERS, CHECK_LETTERS = 52, 6  # 52 letters of 5 bits hold 256 bits and 4 zeros


def recipient(public_key: bytes) -> str:
    return _spelled(RECIPIENT, public_key)


def identity(key: X25519PrivateKey) -> str:
    return _spelled(IDENTITY, key.private_bytes_raw()).upper()


def is_identity(text: str) -> bool:
    """Does it look like one? ``from_identity`` tells whether it is."""
    return text.strip().lower().startswith(IDENTITY)


def from_identity(text: str) -> X25519PrivateKey:
    """Raises KeyTextError for any wrong letter."""
    spelling = text.strip().lower()
    letters = spelling.removeprefix(f"{IDENTITY}1")[:LETTERS]
    number = 0
    for letter in letters:
        number = number << 5 | max(ALPHABET.find(letter), 0)
    raw = (number >> 4).to_bytes(33)[-32:]
    if _spelled(IDENTITY, raw) != spelling:
        raise KeyTextError("La clé AGE-SECRET-KEY-1… est mal saisie : comparez-la avec le papier.")
    return X25519PrivateKey.from_private_bytes(raw)


def _spelled(kind: str, key: bytes) -> str:
    number = int.from_bytes(key) << 4
    values = [number >> 5 * place & 31 for place in reversed(range(LETTERS))]
    return f"{kind}1" + "".join(ALPHABET[value] for value in (*values, *_checksum(kind, values)))


def _checksum(kind: str, values: Sequence[int]) -> list[int]:
    told = [*(ord(letter) >> 5 for letter in kind), 0, *(ord(letter) & 31 for letter in kind), *values]
    rest = _remainder([*told, *[0] * CHECK_LETTERS]) ^ 1
    return [rest >> 5 * place & 31 for place in reversed(range(CHECK_LETTERS))]


def _remainder(values: Sequence[int]) -> int:
    rest = 1
    for value in values:
        top, rest = rest >> 25, (rest & 0x1FFFFFF) << 5 ^ value
        for place, term in enumerate(GENERATOR):
            rest ^= term if top >> place & 1 else 0
    return rest
