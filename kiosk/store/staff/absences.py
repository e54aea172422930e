"""Absences of managers and deputies. An absence is ended early, never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Absence:
    """``ends_at`` is exclusive. ``ended_by``: who ended it early, else empty; both are display names."""

    id: int
    audience: str
    starts_at: datetime
    ends_at: datetime
    entered_by: str
    ended_by: str = ""

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


def end(db: Database, number: int, *, actor: str, ended_by: str, now: datetime) -> bool:
    """End an absence now, or cancel one that has not started. False when it is over or unknown."""
    moment = clock.to_text(now)
    with immediate(db):
        changed = db.execute(
            "UPDATE absences SET ends_at = max(starts_at, ?), ended_by = ?"
            " WHERE id = ? AND ends_at > max(starts_at, ?)",
            (moment, ended_by, number, moment),
        ).rowcount
        if changed:
            events.append(db, [Event(action="absence_ended", actor=actor, detail={"absence": number})], now)
        return changed == 1


def not_over(db: Database, since: datetime) -> Sequence[Absence]:
    """Absences that end after ``since``, in the order of their start; none that was cancelled before it began."""
    return _absences(db, "ends_at > ? AND ends_at > starts_at", clock.to_text(since))


def untold(db: Database) -> Sequence[Absence]:
    """Absences whose end differs from what was last told by mail."""
    return _absences(db, "told_end IS NOT ends_at")


def record_told(
    db: Database, told: Sequence[Absence], mails: Sequence[NewDelivery], *, site: str, now: datetime
) -> None:
    """Queue the mails that tell these absences."""
    with immediate(db):
        for absence in told:
            end_told = clock.to_text(absence.ends_at)
            db.execute("UPDATE absences SET told_end = ? WHERE id = ?", (end_told, absence.id))
        deliveries.enqueue(db, mails, report_id=None, site=site, now=now)
        detail = {"absences": [absence.id for absence in told], "audiences": [mail.audience for mail in mails]}
        events.append(db, [Event(action="absences_told", detail=detail)], now)


def last_told(db: Database) -> datetime | None:
    """Moment of the last mail about absences."""
    row = db.execute("SELECT max(created_at) FROM deliveries WHERE purpose = ?", (Purpose.ABSENCE,)).fetchone()
    return clock.from_text(row[0]) if row[0] else None


def _absences(db: Database, where: str, *values: str) -> Sequence[Absence]:
    rows = db.execute(
        "SELECT id, audience_id, starts_at, ends_at, entered_by, coalesce(ended_by, '') FROM absences"
        f" WHERE {where} ORDER BY starts_at, id",
        values,
    )
    return [
        Absence(number, audience, clock.from_text(starts_at), clock.from_text(ends_at), entered_by, ended_by)
        for number, audience, starts_at, ends_at, entered_by, ended_by in rows
    ]
