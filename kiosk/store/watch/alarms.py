"""Alarm state: troubles seen and troubles told by mail. Stored, so a restart neither repeats nor forgets an alarm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

WATCH = "watch"  # name of its heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleState:
    """``red``: seen ``since`` that moment. ``told_red``: what the last mail said, at ``told_at``.

    ``red_since``: start of the red period that was told or is to be told.
    """

    code: str
    red: bool
    since: datetime
    told_red: bool
    told_at: datetime | None
    red_since: datetime


@dataclass(frozen=True, slots=True)
class AlarmMails:
    deliveries: Sequence[NewDelivery]
    event: Event


def conditions(db: Database) -> dict[str, TroubleState]:
    rows = db.execute("SELECT condition, red, since, told_red, told_at, red_since FROM alarms")
    return {
        code: TroubleState(
            code=code,
            red=bool(red),
            since=clock.from_text(since),
            told_red=bool(told_red),
            told_at=clock.from_text(told_at) if told_at else None,
            red_since=clock.from_text(red_since),
        )
        for code, red, since, told_red, told_at, red_since in rows
    }


def last_watch(db: Database) -> datetime | None:
    return heartbeat.last_beat(db, WATCH)


def record(
    db: Database,
    changed: Iterable[TroubleState],
    told: AlarmMails | None,
    *,
    site: str,
    process: int,
    now: datetime,
) -> None:
    """Store the states, queue the mails and note the heartbeat, in one commit."""
    with immediate(db):
        for condition in changed:
            _put(db, condition)
        if told:
            deliveries.enqueue(db, told.deliveries, report_id=None, site=site, now=now)
            events.append(db, [told.event], now)
        heartbeat.note(db, WATCH, process, now)


def _put(db: Database, condition: TroubleState) -> None:
    told_at = clock.to_text(condition.told_at) if condition.told_at else None
    db.execute(
        "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (condition) DO UPDATE SET"
        " red = excluded.red, since = excluded.since, told_red = excluded.told_red, told_at = excluded.told_at,"
        " red_since = excluded.red_since",
        (
            condition.code,
            int(condition.red),
            clock.to_text(condition.since),
            int(condition.told_red),
            told_at,
            clock.to_text(condition.red_since),
        ),
    )
