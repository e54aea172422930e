"""Notes that staff write about a report: sealed like what it says, an act like any other."""

from collections.abc import Sequence
from datetime import datetime

from kiosk.duty.actor import Actor
from kiosk.store import notes, standing
from kiosk.store.connection import Database
from kiosk.store.keys import KeyOf
from kiosk.store.notes import Note


def note(db: Database, reference: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Raises ValueError for an empty one, UnknownReport and NotConfirmed."""
    if not text.strip():
        raise ValueError("an empty note")
    report = standing.get(db, reference)
    notes.add(db, report, text.strip(), actor=actor.name, author=actor.display_name, now=now)


def notes_of(db: Database, reference: str, key_of: KeyOf) -> Sequence[Note]:
    """In the order of their writing. Raises UnknownReport, and StoreError when a key is not at hand."""
    report = standing.get(db, reference)
    return notes.of_report(db, report, key_of)
