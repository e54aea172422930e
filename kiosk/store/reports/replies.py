"""Replies to the reporter: a copy sealed to the follow-up key, one to the site's key, the event, in one commit."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """``actor``: sign-in name, for the trace. ``author``: display name. The reporter sees only ``role``."""

    submission_hash: bytes
    text: str
    actor: str
    author: str
    role: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """``text`` is None after a purge. ``author`` is for staff only."""

    written_at: datetime
    author: str
    role: str
    text: str | None


def add(db: Database, report: ReportStatus, new: NewReply) -> bool:
    """Idempotent: False when this submission was stored before. Raises NotConfirmed: call again."""
    key = site_key(db, report.site)
    reporters_key = db.execute("SELECT follow_up_key FROM reports WHERE id = ?", (report.id,)).fetchone()[0]
    plain, identity = new.text.encode(), new.submission_hash
    row = {
        "report_id": report.id,
        "submission_hash": identity,
        "written_at": clock.to_text(new.written_at),
        "author": new.author,
        "author_role": new.role,
        "site_key_id": key.id,
        "for_reporter": seal(plain, reporters_key, context=_context(identity, "for_reporter")),
        "for_staff": seal(plain, key.public_key, context=_context(identity, "for_staff")),
    }
    marks = ", ".join("?" for _ in row)
    with immediate(db):
        if db.execute("SELECT 1 FROM replies WHERE submission_hash = ?", (identity,)).fetchone():
            return False
        cursor = db.execute(f"INSERT INTO replies ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        report_status.touch(db, report.id, new.written_at)
        written = Event(action="reply_written", actor=new.actor, reference=report.reference)
        stored = (row_digests.of_row(db, "replies", cursor.lastrowid), report_status.stored(db, report.id))
        events.append(db, [row_digests.storing(written, *stored)], new.written_at)
    return True


def to_reporter(db: Database, report: ReportStatus, follow_up_key: X25519PrivateKey) -> list[Reply]:
    return _opened(db, report, lambda _: follow_up_key, "for_reporter")


def of_report(db: Database, report: ReportStatus, key_of: KeyOf) -> list[Reply]:
    return _opened(db, report, key_of, "for_staff")


def _opened(db: Database, report: ReportStatus, key_of: KeyOf, column: str) -> list[Reply]:
    """Oldest first. Raises StoreError when a key is not available."""
    rows = db.execute(
        f"SELECT written_at, author, author_role, submission_hash, site_key_id, {column} FROM replies"
        " WHERE report_id = ? ORDER BY id",
        (report.id,),
    )
    return [
        Reply(clock.from_text(at), author, role, sealed and _open(sealed, key_of(key), _context(identity, column)))
        for at, author, role, identity, key, sealed in rows.fetchall()
    ]


def _open(sealed: bytes, key: X25519PrivateKey, context: bytes) -> str:
    return open_sealed(sealed, key, context=context).decode()


def _context(submission_hash: bytes, column: str) -> bytes:
    return submission_hash + b"reply " + column.encode()
