"""Submission id: the idempotency key of a form, and all that is derived from it. Pure.

A retry carries the same id and finds its first copy; different content under that id becomes a submission of its own.
The id is secret, because the follow-up code is derived from it: never stored, in no URL, in no log line.
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
    """The values are part of what is hashed."""

    REPORT = "submission"
    ADDITION = "addition"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Submission:
    """Raises ValueError unless the id is a random UUID (version 4): others could be guessed."""

    id: UUID = field(default_factory=uuid4, repr=False)

    def __post_init__(self) -> None:
        if self.id.version != 4:
            raise ValueError("a submission id is a random UUID")

    @classmethod
    def posted(cls, text: str | None) -> Self | None:
        """None for anything but a random UUID."""
        try:
            return cls(UUID(text or ""))
        except ValueError:
            return None

    def hash(self, what: Sent, words: str = "") -> bytes:
        """Stored in place of the id."""
        return hashlib.sha256(f"kiosk {what}".encode() + self.id.bytes + words.encode()).digest()

    def fingerprint(self, words: str) -> bytes:
        """Tells a retry from different content under the same id; reveals nothing without the id."""
        return hmac.digest(self.id.bytes, words.encode(), hashlib.sha256)

    def another(self, fingerprint: bytes) -> Self:
        """For different content; derived, so that its retry finds its first copy too."""
        derived = hmac.digest(self.id.bytes, b"another" + fingerprint, hashlib.sha256)[:16]
        return type(self)(UUID(bytes=derived, version=4))

    def derive(self, purpose: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=b"kiosk " + purpose).derive(self.id.bytes)
