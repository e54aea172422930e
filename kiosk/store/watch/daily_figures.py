"""What happened since the last daily mail, in numbers and clear columns: nothing here needs a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

FIRST_PERIOD = timedelta(days=1)  # what the very first daily mail looks back on
NAMED = 12  # reports that wait, listed one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` to now; reports and events with greater numbers than these are new."""

    start: datetime
    last_report: int
    last_event: int


@dataclass(frozen=True, slots=True)
class Count:
    site: str
    kind_title: str
    severity: Severity
    reports: int


@dataclass(frozen=True, slots=True)
class Open:
    """A report that nobody has acknowledged."""

    reference: str
    kind_title: str
    severity: Severity
    site: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``first_…`` and ``last_…`` are numbers, equal to nothing new when the last is below the first.

    ``hidden``: new ones that staff marked as test or spam, not among ``counts``. ``open`` are the most urgent of
    ``open_reports``, the oldest of them since ``open_since``.
    """

    first_report: int
    last_report: int
    first_event: int
    last_event: int
    counts: tuple[Count, ...]
    hidden: int
    open_reports: int
    open_since: datetime | None
    open: tuple[Open, ...]


def period(db: Database, *, now: datetime) -> Period:
    """What no daily mail has told yet. One that was written in the future, before the clock went back, told it too."""
    told = "SELECT written_at, last_report, last_event FROM daily_mails ORDER BY last_event DESC LIMIT 1"
    row = db.execute(told).fetchone()
    if row:
        return Period(start=min(clock.from_text(row[0]), now), last_report=row[1], last_event=row[2])
    start = now - FIRST_PERIOD
    return Period(
        start=start,
        last_report=_last_before(db, "reports", "received_at", start),
        last_event=_last_before(db, "events", "at", start),
    )


def figures(db: Database, since: Period) -> Figures:
    new, values = "FROM reports WHERE id > ?", (since.last_report,)
    counts = db.execute(
        f"SELECT site_id, kind_title, severity, count(*) {new} AND hidden_as IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        values,
    )
    open_ones = "FROM reports WHERE state = 'open' AND hidden_as IS NULL"
    count, oldest = db.execute(f"SELECT count(*), min(received_at) {open_ones}").fetchone()
    last_report = db.execute(f"SELECT max(id) {new}", values).fetchone()[0]
    return Figures(
        first_report=since.last_report + 1,
        last_report=last_report or since.last_report,
        first_event=since.last_event + 1,
        last_event=events.head(db).sequence,
        counts=tuple(Count(site, title, Severity(severity), count) for site, title, severity, count in counts),
        hidden=db.execute(f"SELECT count(*) {new} AND hidden_as IS NOT NULL", values).fetchone()[0],
        open_reports=count,
        open_since=clock.from_text(oldest) if oldest else None,
        open=_most_urgent(db, open_ones),
    )


def _most_urgent(db: Database, open_ones: str) -> tuple[Open, ...]:
    ranks = " ".join(f"WHEN '{severity}' THEN {severity.rank}" for severity in Severity)
    rows = db.execute(
        f"SELECT reference, kind_title, severity, site_id, received_at {open_ones}"
        f" ORDER BY CASE severity {ranks} END, received_at LIMIT ?",
        (NAMED,),
    )
    return tuple(
        Open(reference, title, Severity(severity), site, clock.from_text(received))
        for reference, title, severity, site, received in rows
    )


def _last_before(db: Database, table: str, column: str, moment: datetime) -> int:
    found = db.execute(f"SELECT max(id) FROM {table} WHERE {column} < ?", (clock.to_text(moment),)).fetchone()
    return int(found[0] or 0)


# The daily mail itself.


def has_daily_mail(db: Database, day: str) -> bool:
    return db.execute("SELECT 1 FROM daily_mails WHERE day = ?", (day,)).fetchone() is not None


def begun_at(db: Database) -> datetime | None:
    """When this instance was made: its first key."""
    found = db.execute("SELECT min(created_at) FROM site_keys").fetchone()[0]
    return clock.from_text(found) if found else None


def is_waiting(db: Database, purpose: Purpose) -> bool:
    """Whether a mail of this purpose is still on its way."""
    found = db.execute(
        "SELECT 1 FROM deliveries WHERE state NOT IN ('sent', 'cancelled') AND purpose = ? AND state != 'held' LIMIT 1",
        (purpose,),
    )
    return found.fetchone() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """A day's mail, ready to be queued, and how far it tells. ``silent``: audiences that have no address."""

    day: str
    site: str
    last_report: int
    last_event: int
    deliveries: Sequence[NewDelivery]
    silent: Sequence[str] = ()


def submit_daily(db: Database, daily: Daily, now: datetime) -> bool:
    """One commit: the day, its deliveries and the event. False, and nothing written, when the day had its mail."""
    with immediate(db):
        if has_daily_mail(db, daily.day):
            return False
        values = (daily.day, clock.to_text(now), daily.last_report, daily.last_event)
        db.execute("INSERT INTO daily_mails VALUES (?, ?, ?, ?)", values)
        for delivery in daily.deliveries:
            deliveries.enqueue(db, delivery, report_id=None, site=daily.site, now=now)
        detail = {"day": daily.day, "audiences": [each.audience for each in daily.deliveries]}
        notes = [Event(action="daily_mail", detail=detail)]
        notes += [Event(action="audience_without_address", detail={"audience": each}) for each in daily.silent]
        events.append(db, notes, now)
    return True
