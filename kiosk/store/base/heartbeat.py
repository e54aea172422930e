"""Process heartbeats: when each process was last alive."""

from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate


def beat(db: Database, name: str, process: int, now: datetime) -> None:
    with immediate(db):
        note(db, name, process, now)


def note(db: Database, name: str, process: int, now: datetime) -> None:
    """Like ``beat``, inside the caller's transaction."""
    db.execute(
        "INSERT INTO heartbeats VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at,"
        " process = excluded.process",
        (name, clock.to_text(now), process),
    )


def last_beat(db: Database, name: str) -> datetime | None:
    row = db.execute("SELECT beat_at FROM heartbeats WHERE name = ?", (name,)).fetchone()
    return clock.from_text(row[0]) if row else None
