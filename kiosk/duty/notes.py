"""Notes that staff write about a report: sealed like what it says, an act like any other."""

from collections.abc import Sequence
from datetime import datetime

from kiosk.config import Settings
from kiosk.duty.actor import Actor
from kiosk.store import keys, notes, standing
from kiosk.store.connection import Database
from kiosk.store.notes import Note


def note(db: Database, reference: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Raises ValueError for an empty one, UnknownReport and NotConfirmed."""
    if not text.strip():
        raise ValueError("an empty note")
    report = standing.get(db, reference)
    notes.add(db, report, text.strip(), actor=actor.name, author=actor.display_name, now=now)


def notes_of(db: Database, settings: Settings, reference: str) -> Sequence[Note]:
    """In the order of their writing. Raises UnknownReport, and StoreError when the site's key is missing."""
    report = standing.get(db, reference)
    return notes.of_report(db, report, keys.private_key(settings.secrets, report.site))
