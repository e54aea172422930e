"""Retention state: last look, steadiness of the clock, what the MSSI was told.

A clock set years ahead must not erase everything at once: nothing is erased until the process has looked on seven
different days without a jump: a gap of more than three days (so not a weekend) or a step back of more than five
minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keeping.purgeable import PurgeableReport
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

LOOK_EVERY = timedelta(hours=1)
LONGEST_REST = timedelta(days=3)
STEP_BACK = timedelta(minutes=5)
STEADY_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """``days``: days with a look since the clock last jumped. ``announced_at``: the last mail about it."""

    looked_at: datetime | None
    days: int
    announced_at: datetime | None

    @property
    def steady(self) -> bool:
        return self.days >= STEADY_DAYS

    def jumped(self, now: datetime) -> bool:
        return self.looked_at is not None and not -STEP_BACK <= now - self.looked_at <= LONGEST_REST

    def is_time(self, now: datetime) -> bool:
        return self.looked_at is None or now - self.looked_at >= LOOK_EVERY or self.jumped(now)

    def at(self, now: datetime) -> "Outlook":
        """The state after a look at ``now``."""
        if self.looked_at is None or self.jumped(now):
            return replace(self, looked_at=now, days=1)
        another = clock.local(now).date() > clock.local(self.looked_at).date()
        return replace(self, looked_at=max(now, self.looked_at), days=min(self.days + another, STEADY_DAYS))


def outlook(db: Database) -> Outlook:
    row = db.execute("SELECT looked_at, days, announced_at FROM retention").fetchone()
    looked, announced = (text and clock.from_text(text) for text in (row[0], row[2]))
    return Outlook(looked_at=looked, days=row[1], announced_at=announced)


def note_look(db: Database, *, now: datetime) -> Outlook:
    """One commit; a jump of the clock is also an event."""
    with immediate(db):
        before = outlook(db)
        after = before.at(now)
        db.execute("UPDATE retention SET looked_at = ?, days = ?", (clock.to_text(after.looked_at or now), after.days))
        if before.jumped(now):
            events.append(db, [Event(action="retention_paused", detail={"because": "clock"})], now)
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A mail to queue about reports whose content will be erased. ``silent``: audiences without an address."""

    reports: Sequence[PurgeableReport]
    site: str
    deliveries: Sequence[NewDelivery]
    silent: Sequence[str] = ()


def announce(db: Database, preview: Preview, now: datetime) -> None:
    """Queue the mail and record its reports and the event, in one commit."""
    moment = clock.to_text(now)
    with immediate(db):
        queued = deliveries.enqueue(db, preview.deliveries, report_id=None, site=preview.site, now=now)
        first = queued[0] if queued else None
        for report in preview.reports:
            db.execute("INSERT OR REPLACE INTO announced VALUES (?, ?, ?)", (report.id, moment, first))
        db.execute("UPDATE retention SET announced_at = ?", (moment,))
        told = {"reports": len(preview.reports), "audiences": [each.audience for each in preview.deliveries]}
        notes = [Event(action="purge_announced", detail=told)]
        notes += [Event(action="audience_without_address", detail={"audience": each}) for each in preview.silent]
        events.append(db, notes, now)


def record_backups_removed(db: Database, count: int, *, who: str, now: datetime) -> None:
    with immediate(db):
        events.append(db, [Event(action="backups_removed", actor=who, detail={"count": count})], now)
