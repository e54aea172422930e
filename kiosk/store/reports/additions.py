"""Additions: what the reporter adds under the follow-up code, stored with its mails and events in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.report import SentFrom
from kiosk.store.base.connection import immediate
from kiosk.store.keys.sealing import open_sealed, seal
from kiosk.store.keys.site_keys import KeyOf, site_key
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.reports.submissions import ToldAudience, Transmission
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddition:
    """``text`` is plain here; ``submit`` seals it. ``found`` closes the report."""

    submission_hash: bytes
    fingerprint: bytes
    found: bool
    text: str
    received_at: datetime
    terminal: str | None
    sent_from: SentFrom
    language: str


@dataclass(frozen=True, slots=True)
class StoredAddition:
    fingerprint: bytes
    received_at: datetime
    found: bool


@dataclass(frozen=True, slots=True)
class OpenedAddition:
    """``text`` is None after a purge."""

    received_at: datetime
    found: bool
    sent_from: SentFrom
    language: str
    text: str | None


def find_submission(db: Database, submission_hash: bytes, report: ReportStatus) -> StoredAddition | None:
    """An addition to another report gets an empty fingerprint, so it is never taken for a retry."""
    row = db.execute(
        "SELECT iif(report_id = ?, fingerprint, x''), received_at, found FROM additions WHERE submission_hash = ?",
        (report.id, submission_hash),
    ).fetchone()
    return StoredAddition(row[0], clock.from_text(row[1]), bool(row[2])) if row else None


def submit(
    db: Database, report: ReportStatus, new: NewAddition, mails: Sequence[NewDelivery], notes: Sequence[Event]
) -> StoredAddition:
    """Store an addition; durable on return and idempotent. Raises NotConfirmed: call again."""
    key = site_key(db, report.site)
    sealed = seal(new.text.encode(), key.public_key, context=_context(new.submission_hash))
    with immediate(db):
        if first := find_submission(db, new.submission_hash, report):
            return first
        number = _insert(db, report, new, key.id, sealed)
        closes = new.found and _close(db, report, new.received_at)
        stored = [row_digests.of_row(db, "additions", number)]
        for delivery in deliveries.enqueue(db, mails, report_id=report.id, site=report.site, now=new.received_at):
            db.execute("INSERT INTO addition_deliveries VALUES (?, ?)", (delivery, number))
            stored.append(row_digests.of_row(db, "deliveries", delivery))
        ended = [row_digests.storing(_closed(report), report_status.stored(db, report.id))] if closes else []
        events.append(db, [*row_digests.first_storing(notes, *stored), *ended], new.received_at)
    return StoredAddition(new.fingerprint, new.received_at, new.found)


def transmission(db: Database, submission_hash: bytes) -> Transmission | None:
    row = db.execute(
        "SELECT additions.id, reference, additions.received_at FROM additions JOIN reports ON reports.id = report_id"
        " WHERE additions.submission_hash = ?",
        (submission_hash,),
    ).fetchone()
    if row is None:
        return None
    told = db.execute(
        "SELECT role, name, sent_at FROM addition_deliveries JOIN deliveries ON deliveries.id = delivery_id"
        " JOIN audiences ON audiences.id = audience_id WHERE addition_id = ? ORDER BY delivery_id",
        (row[0],),
    )
    return Transmission(row[1], clock.from_text(row[2]), tuple(ToldAudience.of(*each) for each in told))


def of_report(db: Database, report: ReportStatus, key_of: KeyOf) -> list[OpenedAddition]:
    """Oldest first. Raises StoreError when a key is not available."""
    rows = db.execute(
        "SELECT received_at, found, sent_from, language, submission_hash, site_key_id, content FROM additions"
        " WHERE report_id = ? ORDER BY id",
        (report.id,),
    )
    return [
        OpenedAddition(
            received_at=clock.from_text(at),
            found=bool(found),
            sent_from=SentFrom(sent_from),
            language=language,
            text=content and _open(content, key_of(key), identity),
        )
        for at, found, sent_from, language, identity, key, content in rows.fetchall()
    ]


def _open(content: bytes, private_key: X25519PrivateKey, submission_hash: bytes) -> str:
    return open_sealed(content, private_key, context=_context(submission_hash)).decode()


def _context(submission_hash: bytes) -> bytes:
    return submission_hash + b"addition"


def _insert(db: Database, report: ReportStatus, new: NewAddition, key: int, sealed: bytes) -> int:
    row = {
        "report_id": report.id,
        "submission_hash": new.submission_hash,
        "fingerprint": new.fingerprint,
        "found": int(new.found),
        "received_at": clock.to_text(new.received_at),
        "terminal_id": new.terminal,
        "sent_from": new.sent_from,
        "language": new.language,
        "site_key_id": key,
        "content": sealed,
    }
    marks = ", ".join("?" for _ in row)
    cursor = db.execute(f"INSERT INTO additions ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    return int(cursor.lastrowid or 0)


def _close(db: Database, report: ReportStatus, now: datetime) -> bool:
    """False when the report was closed already: its outcome stays."""
    changed = db.execute(
        "UPDATE reports SET state = 'closed', outcome = 'found', closed_at = ?, closed_by = NULL, attend_at = NULL,"
        " revision = revision + 1 WHERE id = ? AND state != 'closed'",
        (clock.to_text(now), report.id),
    ).rowcount
    if changed:
        deliveries.cancel_void(db, report.id, now)
    return changed == 1


def _closed(report: ReportStatus) -> Event:
    return Event(action="report_closed", actor="reporter", reference=report.reference, detail={"outcome": "found"})
