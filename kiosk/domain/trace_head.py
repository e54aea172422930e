"""The last event of the trace, as mails and files tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceHead:
    """The last event of the trace when the mail was composed: its number and hash (hex)."""

    sequence: int
    digest: str
