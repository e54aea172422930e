"""Absences of managers and deputies. An absence is ended early, never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Absence:
    """``ends_at`` is exclusive."""

    id: int
    audience: str
    starts_at: datetime
    ends_at: datetime
    entered_by: str

    def covers(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


def record(
    db: Database, audience: str, starts_at: datetime, ends_at: datetime, *, actor: str, entered_by: str, now: datetime
) -> Absence:
    """``actor``: sign-in name, for the trace. ``entered_by``: display name."""
    span = (clock.to_text(starts_at), clock.to_text(ends_at))
    with immediate(db):
        cursor = db.execute(
            "INSERT INTO absences (audience_id, starts_at, ends_at, entered_by, entered_at) VALUES (?, ?, ?, ?, ?)",
            (audience, *span, entered_by, clock.to_text(now)),
        )
        number = int(cursor.lastrowid or 0)
        detail = {"absence": number, "audience": audience, "from": span[0], "to": span[1]}
        events.append(db, [Event(action="absence_recorded", actor=actor, detail=detail)], now)
    return Absence(number, audience, starts_at, ends_at, entered_by)


def end(db: Database, number: int, *, actor: str, now: datetime) -> bool:
    """End an absence now, or cancel one that has not started. False when it is over or unknown."""
    moment = clock.to_text(now)
    with immediate(db):
        changed = db.execute(
            "UPDATE absences SET ends_at = max(starts_at, ?) WHERE id = ? AND ends_at > max(starts_at, ?)",
            (moment, number, moment),
        ).rowcount
        if changed:
            events.append(db, [Event(action="absence_ended", actor=actor, detail={"absence": number})], now)
        return changed == 1


def not_over(db: Database, since: datetime) -> Sequence[Absence]:
    """Absences that end after ``since``, in the order of their start."""
    rows = db.execute(
        "SELECT id, audience_id, starts_at, ends_at, entered_by FROM absences"
        " WHERE ends_at > ? AND ends_at > starts_at ORDER BY starts_at, id",
        (clock.to_text(since),),
    )
    return [
        Absence(number, audience, clock.from_text(starts_at), clock.from_text(ends_at), entered_by)
        for number, audience, starts_at, ends_at, entered_by in rows
    ]
