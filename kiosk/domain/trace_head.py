"""Trace head: number and digest of the last event, for the store, mails and files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceHead:
    """As text ``42:abcd…``, the digest in hex."""

    sequence: int
    digest: bytes

    @property
    def hex(self) -> str:
        return self.digest.hex()

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hex}"
