"""Staff notes about a report, sealed to the site's key."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.store.keys.sealing import open_sealed, seal
from kiosk.store.keys.site_keys import KeyOf, site_key
from kiosk.store.trace import row_digests
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Note:
    """``text`` is None after a purge."""

    at: datetime
    author: str
    text: str | None


@dataclass(frozen=True, slots=True)
class NewNote:
    """``actor``: sign-in name, for the trace. ``author``: display name."""

    text: str = field(repr=False)
    actor: str
    author: str


def add(db: Database, report_id: int, new: NewNote, now: datetime) -> Event:
    """Inside the caller's transaction, which appends the event."""
    reference, site = db.execute("SELECT reference, site_id FROM reports WHERE id = ?", (report_id,)).fetchone()
    key = site_key(db, site)
    number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM notes").fetchone()[0]
    sealed = seal(new.text.encode(), key.public_key, context=_context(db, report_id, number))
    db.execute(
        "INSERT INTO notes (id, report_id, at, author, site_key_id, text) VALUES (?, ?, ?, ?, ?, ?)",
        (number, report_id, clock.to_text(now), new.author, key.id, sealed),
    )
    added = Event(action="note_added", actor=new.actor, reference=reference, detail={"note": number})
    return row_digests.storing(added, row_digests.of_row(db, "notes", number))


def of_report(db: Database, report_id: int, key_of: KeyOf) -> list[Note]:
    """Oldest first. Raises StoreError when a key is not available."""
    rows = db.execute(
        "SELECT id, at, author, site_key_id, text FROM notes WHERE report_id = ? ORDER BY id", (report_id,)
    ).fetchall()
    return [
        Note(clock.from_text(at), author, sealed and _open(db, report_id, number, sealed, key_of(key)))
        for number, at, author, key, sealed in rows
    ]


def _open(db: Database, report_id: int, number: int, sealed: bytes, private_key: X25519PrivateKey) -> str:
    return open_sealed(sealed, private_key, context=_context(db, report_id, number)).decode()


def _context(db: Database, report_id: int, number: int) -> bytes:
    row = db.execute("SELECT submission_hash FROM reports WHERE id = ?", (report_id,)).fetchone()
    return bytes(row[0]) + b"note" + str(number).encode()
