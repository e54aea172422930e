"""Attempts at a delivery, and how each ended."""

from dataclasses import dataclass

from sqlite_utils import Database

from kiosk.domain.delivery_states import HeldFor


@dataclass(frozen=True, slots=True)
class Ending:
    """Result of an attempt; ``outcome``: a value of the column attempts.outcome.

    ``reply``: code and status, or what broke; kept for good. ``words``: the relay's own; kept while the mail waits.
    ``held_for``: of a refusal.
    """

    outcome: str
    phase: str
    reply: str
    words: str = ""
    held_for: HeldFor | None = None


NOT_BEGUN = Ending("relay", "", "the forwarder was stopped before this mail was begun")


def end_attempt(db: Database, attempt: int, ending: Ending, moment: str) -> None:
    db.execute(
        "UPDATE attempts SET ended_at = ?, outcome = ?, phase = ?, reply = ? WHERE id = ? AND ended_at IS NULL",
        (moment, ending.outcome, ending.phase, ending.reply, attempt),
    )
