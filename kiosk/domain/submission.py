"""Idempotency of what people send: the id that a form carries, and all that is derived from it. Pure.

A retry carries the same id and finds its first copy; other words under that id become a submission of their own. The
id is a secret, because the follow-up code is derived from it: it is never stored, and in no URL and no log line.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Sent(StrEnum):
    """What is sent under a submission id. The words are part of what is hashed."""

    REPORT = "submission"
    ADDITION = "addition"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Submission:
    """Raises ValueError for any id but a random UUID (version 4): another one could be guessed."""

    id: UUID = field(default_factory=uuid4, repr=False)

    def __post_init__(self) -> None:
        if self.id.version != 4:
            raise ValueError("a submission id is a random UUID")

    @classmethod
    def posted(cls, text: str | None) -> Self | None:
        """As a form sent it; None for anything but a random UUID."""
        try:
            return cls(UUID(text or ""))
        except ValueError:
            return None

    def hash(self, what: Sent, words: str = "") -> bytes:
        """What the database keeps in the place of the id."""
        return hashlib.sha256(f"kiosk {what}".encode() + self.id.bytes + words.encode()).digest()

    def fingerprint(self, words: str) -> bytes:
        """Tells a retry from other words under the same id; without the id it tells nothing."""
        return hmac.digest(self.id.bytes, words.encode(), hashlib.sha256)

    def another(self, fingerprint: bytes) -> Self:
        """For other words under this id: derived, so that a retry of them finds its first copy as well."""
        derived = hmac.digest(self.id.bytes, b"another" + fingerprint, hashlib.sha256)[:16]
        return type(self)(UUID(bytes=derived, version=4))

    def derive(self, purpose: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=b"kiosk " + purpose).derive(self.id.bytes)
