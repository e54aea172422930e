"""What somebody outside can check about one report: every attempt at its mails, and its part of the trace."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.store import events
from kiosk.store.connection import immediate
from kiosk.store.events import COLUMNS, ENCODER, Event


@dataclass(frozen=True, slots=True)
class Attempt:
    """``outcome`` and what follows are None as long as it is under way."""

    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    phase: str | None
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    audience: str
    audience_name: str
    purpose: Purpose
    message_id: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An event; ``digest`` is the SHA-256 of the bytes of ``previous`` followed by ``hashed`` in UTF-8."""

    sequence: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, object]
    previous: bytes
    hashed: str
    digest: bytes


def record_export(db: Database, reference: str, *, actor: str, now: datetime) -> events.Head:
    """Who took a report with them is part of its trace; the head that holds it."""
    with immediate(db):
        return events.append(db, [Event(action="report_exported", actor=actor, reference=reference)], now)


def mails(db: Database, report_id: int) -> Sequence[Mail]:
    """In the order of their making."""
    rows = db.execute(
        "SELECT deliveries.id, audience_id, name, purpose, message_id, state, created_at, sent_at FROM deliveries"
        " JOIN audiences ON audiences.id = audience_id WHERE report_id = ? ORDER BY deliveries.id",
        (report_id,),
    )
    return [
        Mail(
            audience=audience,
            audience_name=name,
            purpose=Purpose(purpose),
            message_id=message_id,
            state=state,
            created_at=clock.from_text(created_at),
            sent_at=_moment(sent_at),
            attempts=tuple(_attempts(db, number)),
        )
        for number, audience, name, purpose, message_id, state, created_at, sent_at in rows.fetchall()
    ]


def _attempts(db: Database, delivery: int) -> list[Attempt]:
    rows = db.execute(
        "SELECT started_at, ended_at, outcome, phase, reply FROM attempts WHERE delivery_id = ? ORDER BY id",
        (delivery,),
    )
    return [
        Attempt(clock.from_text(started), _moment(ended), outcome, phase, reply)
        for started, ended, outcome, phase, reply in rows
    ]


def links(db: Database, reference: str) -> Sequence[Link]:
    """All that happened to the report, in order."""
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
