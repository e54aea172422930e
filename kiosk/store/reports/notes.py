"""Staff notes about a report, sealed to the site's key."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keys.sealing import open_sealed, seal
from kiosk.store.keys.site_keys import KeyOf, site_key
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Note:
    """``text`` is None after a purge."""

    at: datetime
    author: str
    text: str | None


def add(db: Database, report: ReportStatus, text: str, *, actor: str, author: str, now: datetime) -> None:
    """``actor``: sign-in name, for the trace. ``author``: display name."""
    key = site_key(db, report.site)
    with immediate(db):
        number = db.execute("SELECT coalesce(max(id), 0) + 1 FROM notes").fetchone()[0]
        sealed = seal(text.encode(), key.public_key, context=_context(db, report.id, number))
        db.execute(
            "INSERT INTO notes (id, report_id, at, author, site_key_id, text) VALUES (?, ?, ?, ?, ?, ?)",
            (number, report.id, clock.to_text(now), author, key.id, sealed),
        )
        report_status.touch(db, report.id, now)
        added = Event(action="note_added", actor=actor, reference=report.reference, detail={"note": number})
        stored = (row_digests.of_row(db, "notes", number), report_status.stored(db, report.id))
        events.append(db, [row_digests.storing(added, *stored)], now)


def of_report(db: Database, report: ReportStatus, key_of: KeyOf) -> list[Note]:
    """Oldest first. Raises StoreError when a key is not available."""
    rows = db.execute(
        "SELECT id, at, author, site_key_id, text FROM notes WHERE report_id = ? ORDER BY id", (report.id,)
    ).fetchall()
    return [
        Note(clock.from_text(at), author, sealed and _open(db, report, number, sealed, key_of(key)))
        for number, at, author, key, sealed in rows
    ]


def _open(db: Database, report: ReportStatus, number: int, sealed: bytes, private_key: X25519PrivateKey) -> str:
    return open_sealed(sealed, private_key, context=_context(db, report.id, number)).decode()


def _context(db: Database, report_id: int, number: int) -> bytes:
    row = db.execute("SELECT submission_hash FROM reports WHERE id = ?", (report_id,)).fetchone()
    return bytes(row[0]) + b"note" + str(number).encode()
