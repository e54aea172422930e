"""Trusted difference between steady clock and Unix time, for each start of the machine.

All processes take it from here, so that they agree on the time whatever the wall clock is set to.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import NotConfirmed
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

RECEIVED = "'report_received'"  # of a report that staff typed, a person gave the moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockMark:
    """``trusted``, ``began``: seconds, see the schema. ``off_by``: seconds, 0 when the clocks agree."""

    boot: str
    trusted: float
    began: float
    began_after: int
    seen_at: datetime
    off_by: int = 0

    def moment(self, steady: float) -> datetime:
        return clock.moment_of(self.trusted + steady)


def current(db: Database) -> ClockMark | None:
    """Of this start of the machine."""
    row = db.execute(
        "SELECT boot, trusted, began, began_after, seen_at, off_by FROM clock_marks WHERE boot = ?", (clock.boot(),)
    ).fetchone()
    if row is None:
        return None
    *numbers, seen_at, wrong_by = row
    boot, trusted, began, began_after = numbers
    seen = clock.from_text(seen_at)
    return ClockMark(boot=boot, trusted=trusted, began=began, began_after=began_after, seen_at=seen, off_by=wrong_by)


def adopt(db: Database) -> None:
    """Let this process count by what is trusted. The first process after a start of the machine trusts its wall clock.

    A disk that takes no row stops nothing.
    """
    mark = current(db)
    if mark is None:
        wall, steady = clock.wall(), clock.steady()
        trusted = (wall - clock.EPOCH) / timedelta(seconds=1) - steady
        last = events.head(db).sequence
        mark = ClockMark(boot=clock.boot(), trusted=trusted, began=steady, began_after=last, seen_at=wall)
        with suppress(NotConfirmed):
            keep(db, mark)
    clock.trust(mark.trusted)


def known_before(db: Database) -> datetime | None:
    """Last trusted moment of the machine's earlier starts."""
    row = db.execute("SELECT max(seen_at) FROM clock_marks WHERE boot != ?", (clock.boot(),)).fetchone()
    return clock.from_text(row[0]) if row[0] else None


def off_by(db: Database) -> int:
    """As noted by the background process or, for a process that serves alone, as read now."""
    if (mark := current(db)) is None:
        return 0
    now = clock.wall() - mark.moment(clock.steady())
    return mark.off_by or (round(now.total_seconds()) if abs(now) > clock.AGREE else 0)


def keep(db: Database, mark: ClockMark, event: Event | None = None) -> None:
    """Raises NotConfirmed. The event has the moment that is trusted from now on."""
    with immediate(db):
        db.execute(
            "INSERT INTO clock_marks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (boot) DO UPDATE SET"
            " trusted = excluded.trusted, seen_at = excluded.seen_at, off_by = excluded.off_by",
            (mark.boot, mark.trusted, mark.began, mark.began_after, clock.to_text(mark.seen_at), mark.off_by),
        )
        if event:
            events.append(db, [event], mark.seen_at)


def correct(
    db: Database, mark: ClockMark, step: timedelta, event: Event, mails: Sequence[NewDelivery], *, site: str
) -> None:
    """Trust the wall clock after a step, and shift what was noted by the wrong one, so that durations stay true."""
    now, trusted = mark.seen_at + step, mark.trusted + step.total_seconds()
    with immediate(db):
        db.execute(
            "UPDATE clock_marks SET trusted = ?, seen_at = ?, off_by = 0 WHERE boot = ?",
            (trusted, clock.to_text(now), mark.boot),
        )
        for name, beat_at in db.execute("SELECT name, beat_at FROM heartbeats").fetchall():
            shifted = clock.to_text(clock.from_text(beat_at) + step)
            db.execute("UPDATE heartbeats SET beat_at = ? WHERE name = ?", (shifted, name))
        deliveries.enqueue(db, mails, report_id=None, site=site, now=now)
        corrected = events.append(db, [event], now).sequence
        row = (corrected, mark.began_after, round(step.total_seconds()))
        db.execute("INSERT INTO clock_corrections VALUES (?, ?, ?)", row)
    clock.trust(trusted)


def step_of(db: Database, reference: str) -> timedelta:
    """Correction to be added to the moments at which a report came in; zero for all but a few."""
    row = db.execute(
        "SELECT coalesce(sum(seconds), 0) FROM clock_corrections, events WHERE reference = ?"
        f" AND action IN ({RECEIVED}) AND id > event_before AND id < event_after",
        (reference,),
    ).fetchone()
    return timedelta(seconds=row[0])


def received_since(db: Database, mark: ClockMark, *, limit: int) -> list[tuple[str, datetime]]:
    """References of the reports since the mark, and when they came in by the clock of that time."""
    rows = db.execute(
        f"SELECT reference, at FROM events WHERE id > ? AND action IN ({RECEIVED}) ORDER BY id LIMIT ?",
        (mark.began_after, limit),
    )
    return [(reference, clock.from_text(at)) for reference, at in rows]
