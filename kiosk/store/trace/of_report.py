"""History of a report: its mails with every attempt, and its events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import AttemptOutcome, DeliveryState, InDigest
from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import COLUMNS, ENCODER, Event

IN_DIGEST = "CASE WHEN digest_id IS NULL THEN NULL WHEN digest_place IS NULL THEN 'listed' ELSE 'whole' END"
MAILS = "FROM deliveries JOIN audiences ON audiences.id = audience_id WHERE report_id = ? ORDER BY deliveries.id"
# Each of these restarts the waiting time of a report.
OPENED_AGAIN = ("report_reopened", "report_unmarked", "acknowledgement_lapsed")


# What a member must have seen before an act on several reports at once.
CHANGES = (
    *("report_received", "report_entered", "addition_received", "report_acknowledged", "report_taken_over"),
    *("report_closed", "report_marked", "report_repeated", *OPENED_AGAIN),
    *("note_added", "reply_written", "hold_placed", "breach_opened", "breach_edited", "breach_decided"),
)
NAMED_CHANGES = ", ".join(f"'{action}'" for action in CHANGES)
# SQL: the row of ``reports`` came or changed after the event with the number given.
CHANGED_SINCE = (
    "EXISTS (SELECT 1 FROM events INDEXED BY events_of_report WHERE events.reference = reports.reference"
    f" AND events.id > ? AND action IN ({NAMED_CHANGES}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Delivery status of a mail. ``audience`` is a name. ``next_attempt_at`` is None unless it is queued.

    ``last_words``: the relay's own while the mail waits; they may quote it.
    """

    audience: str
    purpose: Purpose
    state: DeliveryState
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_reply: str
    last_words: str = ""
    digest: InDigest | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """Event; ``actor`` is an account, ``kiosk``, ``reporter`` or ``command line``."""

    number: int
    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


def sendings(db: Database, report_id: int) -> list[Sending]:
    """Oldest first."""
    rows = db.execute(
        "SELECT name, purpose, state, created_at, sent_at, attempts, next_attempt_at, last_reply, last_words,"
        f" {IN_DIGEST} {MAILS}",
        (report_id,),
    )
    return [
        Sending(
            audience=name,
            purpose=Purpose(purpose),
            state=DeliveryState(state),
            created_at=clock.from_text(created_at),
            sent_at=clock.from_text(sent_at) if sent_at else None,
            attempts=attempts,
            next_attempt_at=clock.from_text(next_attempt_at) if state == DeliveryState.QUEUED else None,
            last_reply=last_reply,
            last_words=last_words or last_reply,
            digest=digest and InDigest(digest),
        )
        for name, purpose, state, created_at, sent_at, attempts, next_attempt_at, last_reply, last_words, digest in rows
    ]


def trace(db: Database, reference: str) -> list[Happened]:
    return happened(db, "reference = ?", reference)


def happened(db: Database, where: str, value: str) -> list[Happened]:
    """Oldest first. ``where``: SQL condition with one placeholder, for ``value``."""
    rows = db.execute(f"SELECT id, at, actor, action, detail FROM events WHERE {where} ORDER BY id", (value,))
    return [
        Happened(number, clock.from_text(at), actor, action, json.loads(detail))
        for number, at, actor, action, detail in rows
    ]


def opened_again(db: Database, references: Sequence[str]) -> dict[str, datetime]:
    """Moment when each report last started to wait again; the others are left out."""
    marks, actions = (", ".join("?" for _ in each) for each in (references, OPENED_AGAIN))
    rows = db.execute(
        f"SELECT reference, at FROM events WHERE reference IN ({marks}) AND action IN ({actions}) ORDER BY id",
        [*references, *OPENED_AGAIN],
    )
    return {reference: clock.from_text(at) for reference, at in rows}


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """All but ``started_at`` is None while the attempt is under way."""

    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    phase: str | None
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRecord:
    audience: str
    audience_name: str
    purpose: Purpose
    message_id: str
    state: DeliveryState
    created_at: datetime
    sent_at: datetime | None
    digest: InDigest | None
    attempts: tuple[AttemptRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """``digest`` is the SHA-256 of the bytes of ``previous`` followed by ``hashed`` in UTF-8."""

    sequence: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, object]
    previous: bytes
    hashed: str
    digest: bytes


def record_export(db: Database, reference: str, *, actor: str, now: datetime) -> TraceHead:
    """Returns the head that includes this event."""
    with immediate(db):
        return events.append(db, [Event(action="report_exported", actor=actor, reference=reference)], now)


def mails(db: Database, report_id: int) -> Sequence[MailRecord]:
    """Oldest first."""
    rows = db.execute(
        "SELECT deliveries.id, audience_id, name, purpose, message_id, state, created_at, sent_at,"
        f" {IN_DIGEST} {MAILS}",
        (report_id,),
    )
    return [
        MailRecord(
            audience=audience,
            audience_name=name,
            purpose=Purpose(purpose),
            message_id=message_id,
            state=DeliveryState(state),
            created_at=clock.from_text(created_at),
            sent_at=_moment(sent_at),
            digest=digest and InDigest(digest),
            attempts=tuple(_attempts(db, number)),
        )
        for number, audience, name, purpose, message_id, state, created_at, sent_at, digest in rows.fetchall()
    ]


def _attempts(db: Database, delivery: int) -> list[AttemptRecord]:
    rows = db.execute(
        "SELECT started_at, ended_at, outcome, phase, reply FROM attempts WHERE delivery_id = ? ORDER BY id",
        (delivery,),
    )
    return [
        AttemptRecord(clock.from_text(started), _moment(ended), outcome and AttemptOutcome(outcome), phase, reply)
        for started, ended, outcome, phase, reply in rows
    ]


def links(db: Database, reference: str) -> Sequence[Link]:
    """Oldest first."""
    rows = db.execute(f"SELECT {COLUMNS} FROM events WHERE reference = ? ORDER BY id", (reference,))
    return [
        Link(
            sequence=told[0],
            at=clock.from_text(told[1]),
            actor=told[2],
            action=told[3],
            detail=json.loads(told[5]),
            previous=previous,
            hashed=ENCODER.encode(told),
            digest=digest,
        )
        for *told, previous, digest in rows
    ]


def _moment(text: str | None) -> datetime | None:
    return clock.from_text(text) if text else None
