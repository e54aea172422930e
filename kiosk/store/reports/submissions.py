"""Report submission: stores a report, its deliveries and its events; delivery status of its mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.keys.grants import SiteKey
from kiosk.store.keys.sealing import seal
from kiosk.store.keys.site_keys import site_key
from kiosk.store.outbox import deliveries as outbox
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import breaches, lines, one_time_pages
from kiosk.store.reports.one_time_pages import SealedPage
from kiosk.store.reports.report_row import Column, ReportRow, text_or_none
from kiosk.store.reports.report_status import AT_ONCE
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_digests import RowDigests


class ReferenceTaken(Exception):
    """Another report has this reference: try the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport(ReportRow):
    """Row to insert. ``content`` and ``contact`` are plain JSON bytes here; ``submit`` seals them.

    ``kind_title``: for later mails. ``first_step`` and ``attend_at`` (None: at once): see schema/0001_initial.sql.
    """

    submission_hash: bytes
    fingerprint: bytes
    follow_up_hash: bytes
    follow_up_key: bytes
    content: bytes
    contact: bytes | None
    kind_title: str
    first_step: int = 0
    attend_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSubmission:
    reference: str
    fingerprint: bytes
    committed_at: datetime
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ToldAudience:
    """``sent_at``: when the relay took the mail."""

    role: str
    name: str
    sent_at: datetime | None

    @classmethod
    def of(cls, role: str, name: str, sent_at: str | None) -> Self:
        return cls(role, name, clock.from_text(sent_at) if sent_at else None)


@dataclass(frozen=True, slots=True)
class Transmission:
    """Delivery status of the first mails about a report, or of those about an addition."""

    reference: str
    received_at: datetime
    told: tuple[ToldAudience, ...]

    @property
    def transmitted_at(self) -> datetime | None:
        """Moment of the relay's 250 to the mail to the MSSI."""
        return min((told.sent_at for told in self.told if told.role == "mssi" and told.sent_at), default=None)

    @property
    def waiting(self) -> tuple[ToldAudience, ...]:
        return tuple(told for told in self.told if told.sent_at is None)


def find_submission(db: Database, submission_hash: bytes) -> StoredSubmission | None:
    row = db.execute(
        "SELECT reference, fingerprint, received_at FROM reports WHERE submission_hash = ?", (submission_hash,)
    ).fetchone()
    return StoredSubmission(row[0], row[1], clock.from_text(row[2])) if row else None


def submit(
    db: Database,
    report: NewReport,
    deliveries: Sequence[NewDelivery],
    notes: Sequence[Event],
    now: datetime,
    receipt: SealedPage | None = None,
) -> StoredSubmission:
    """Store everything in one commit, with one disk sync; durable on return, idempotent.

    Raises ReferenceTaken, or NotConfirmed: call again with the same submission hash.
    """
    sealed = _sealed(report, site_key(db, report.site))
    with immediate(db):
        if first := find_submission(db, report.submission_hash):
            return first
        if _is_taken(db, report.reference):
            raise ReferenceTaken
        number = _next_number(db)
        row = {**_line(db, number, report), **report.columns(), **_keys_and_steps(report), **sealed}
        marks = ", ".join("?" for _ in row)
        db.execute(f"INSERT INTO reports ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        outbox.enqueue(db, deliveries, report_id=number, site=report.site, now=now)
        if report.deadline_at:
            breaches.open_with(db, number, report.deadline_at, now)
        if receipt:
            one_time_pages.insert(db, receipt)
        events.append(db, row_digests.first_storing(notes, *_stored(db, number)), now)
    return StoredSubmission(report.reference, report.fingerprint, report.received_at, is_new=True)


def _is_taken(db: Database, reference: str) -> bool:
    return db.execute("SELECT 1 FROM reports WHERE reference = ?", (reference,)).fetchone() is not None


def transmission(db: Database, reference: str) -> Transmission | None:
    row = db.execute("SELECT id, reference, received_at FROM reports WHERE reference = ?", (reference,)).fetchone()
    if row is None:
        return None
    told = db.execute(
        "SELECT role, name, sent_at FROM deliveries JOIN audiences ON audiences.id = audience_id"
        " WHERE report_id = ? AND purpose = ? ORDER BY deliveries.id",
        (row[0], Purpose.REPORT),
    )
    return Transmission(row[1], clock.from_text(row[2]), tuple(ToldAudience.of(*each) for each in told))


def _stored(db: Database, report_id: int) -> list[RowDigests]:
    return [row_digests.of_report(db, table, report_id) for table in ("reports", "breaches", "deliveries")]


def _next_number(db: Database) -> int:
    """No report is ever deleted, so ids have no gap that a report could fill."""
    return int(db.execute("SELECT max(id) FROM reports").fetchone()[0] or 0) + 1


def _line(db: Database, number: int, report: NewReport) -> dict[str, Column]:
    line = lines.line_of_next(db, number, site=report.site, kind=report.kind, zone=report.zone, now=report.received_at)
    return {"id": number, "line_id": line.id, "line_at": line.at}


def _sealed(report: NewReport, key: SiteKey) -> dict[str, Column]:
    def sealed(words: bytes, column: bytes) -> bytes:
        return seal(words, key.public_key, context=report.submission_hash + column)

    return {
        "site_key_id": key.id,
        "content": sealed(report.content, b"content"),
        "contact": report.contact and sealed(report.contact, b"contact"),
    }


def _keys_and_steps(report: NewReport) -> dict[str, Column]:
    return {
        "submission_hash": report.submission_hash,
        "fingerprint": report.fingerprint,
        "follow_up_hash": report.follow_up_hash,
        "follow_up_key": report.follow_up_key,
        "kind_title": report.kind_title,
        "first_step": report.first_step,
        "step": report.first_step,
        "anchor_at": clock.to_text(report.received_at),
        "attend_at": text_or_none(report.attend_at) or AT_ONCE,
    }
