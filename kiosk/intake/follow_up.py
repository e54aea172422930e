"""What a follow-up code opens, at any terminal and with nothing else in hand."""

from datetime import datetime, timedelta

from kiosk.intake.reference import follow_up_hash, parse
from kiosk.store import follow_up
from kiosk.store.connection import Database
from kiosk.store.follow_up import Followed

LIFETIME = timedelta(days=365)  # of a code, from the report on; how long the report itself is kept is another question


def follow(db: Database, typed: str, now: datetime) -> Followed | None:
    """None for what is no code, for a code that nothing has, and for one that has expired."""
    code = parse(typed, length=16)
    found = follow_up.find(db, follow_up_hash(code)) if code else None
    return found if found and now - found.report.received_at < LIFETIME else None
