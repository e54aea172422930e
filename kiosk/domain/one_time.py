"""One-time address: a random token that finds a sealed page and is the key that opens it. Pure.

The token stands in the address alone. Once the sealed page is erased, it opens nothing and nothing follows from it.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LIFETIME = timedelta(minutes=2)
NONCE = bytes(12)  # a key seals once


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    text: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def digest(self) -> bytes:
        """Look-up key of the page in the database."""
        return hashlib.sha256(b"kiosk one-time page" + self.text.encode()).digest()

    def seal(self, content: bytes) -> bytes:
        """Once only for each token."""
        return self._cipher().encrypt(NONCE, content, self.digest)

    def open(self, sealed: bytes) -> bytes:
        """Raises ValueError for what another token sealed."""
        try:
            return self._cipher().decrypt(NONCE, sealed, self.digest)
        except InvalidTag as error:
            raise ValueError("sealed with another token") from error

    def _cipher(self) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"kiosk one-time key").derive(self.text.encode()))
