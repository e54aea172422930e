"""Trace head: number and hash of the last event, for mails and files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceHead:
    """``digest`` in hex."""

    sequence: int
    digest: str
