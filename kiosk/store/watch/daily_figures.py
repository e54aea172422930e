"""Daily figures: what happened since the last daily mail. Only clear columns are read; no key is needed."""

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
from kiosk.store.reports import report_lists
from kiosk.store.reports.report_lists import NOT_CLOSED, ListedReport
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

FIRST_PERIOD = timedelta(days=1)  # covered by the first daily mail
NAMED = 12  # open reports listed one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` until now. Reports and events with greater numbers are new."""

    start: datetime
    last_report: int
    last_event: int


@dataclass(frozen=True, slots=True)
class Count:
    site: str
    kind_title: str
    severity: Severity
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``first_…``, ``last_…``: numbers; nothing is new when the last is below the first.

    ``hidden``: new reports marked as test or spam, not in ``counts``. ``open``: the most urgent of ``open_reports``.
    ``open_since``: when the oldest of these came in.
    """

    first_report: int
    last_report: int
    first_event: int
    last_event: int
    counts: tuple[Count, ...]
    hidden: int
    open_reports: int
    open_since: datetime | None
    open: tuple[ListedReport, ...]


def period(db: Database, *, now: datetime) -> Period:
    """Period without a daily mail. One dated in the future (the clock was set back) still covers its events."""
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


NEW = "FROM reports NOT INDEXED WHERE id > ?"  # by number: an index by site would be read whole
COUNTS = f"SELECT site_id, kind_title, severity, count(*) {NEW} AND hidden_as IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
OPEN = (
    "SELECT count(*), min(received_at) FROM reports INDEXED BY reports_to_do"
    f" WHERE site_id IN (SELECT id FROM sites) AND {NOT_CLOSED} AND state = 'open'"
)


def figures(db: Database, since: Period) -> Figures:
    values = (since.last_report,)
    count, oldest = db.execute(OPEN).fetchone()
    last_report = db.execute(f"SELECT max(id) {NEW}", values).fetchone()[0]
    return Figures(
        first_report=since.last_report + 1,
        last_report=last_report or since.last_report,
        first_event=since.last_event + 1,
        last_event=events.head(db).sequence,
        counts=tuple(
            Count(site, title, Severity(severity), reports)
            for site, title, severity, reports in db.execute(COUNTS, values)
        ),
        hidden=db.execute(f"SELECT count(*) {NEW} AND hidden_as IS NOT NULL", values).fetchone()[0],
        open_reports=count,
        open_since=clock.from_text(oldest) if oldest else None,
        open=tuple(report_lists.oldest_waiting(db, report_lists.all_sites(db), NAMED)),
    )


def _last_before(db: Database, table: str, column: str, moment: datetime) -> int:
    """Read from the newest back, so that its cost is that of what came since."""
    statement = f"SELECT id FROM {table} WHERE {column} < ? ORDER BY id DESC LIMIT 1"
    found = db.execute(statement, (clock.to_text(moment),)).fetchone()
    return int(found[0]) if found else 0


# The daily mail.


def has_daily_mail(db: Database, day: str) -> bool:
    return db.execute("SELECT 1 FROM daily_mails WHERE day = ?", (day,)).fetchone() is not None


def begun_at(db: Database) -> datetime | None:
    """Moment when this instance was made: creation of its first key."""
    found = db.execute("SELECT min(created_at) FROM site_keys").fetchone()[0]
    return clock.from_text(found) if found else None


def is_waiting(db: Database, purpose: Purpose) -> bool:
    """True if a mail of this purpose is queued or being sent; held ones do not count."""
    found = db.execute(
        "SELECT 1 FROM deliveries WHERE state NOT IN ('sent', 'cancelled') AND purpose = ? AND state != 'held' LIMIT 1",
        (purpose,),
    )
    return found.fetchone() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Mail of one day, to be queued, with the last numbers it covers. ``silent``: audiences without address."""

    day: str
    site: str
    last_report: int
    last_event: int
    deliveries: Sequence[NewDelivery]
    silent: Sequence[str] = ()


def submit_daily(db: Database, daily: Daily, now: datetime) -> bool:
    """Store the day, its deliveries and its events in one commit. False when the day has a mail already."""
    with immediate(db):
        if has_daily_mail(db, daily.day):
            return False
        values = (daily.day, clock.to_text(now), daily.last_report, daily.last_event)
        db.execute("INSERT INTO daily_mails VALUES (?, ?, ?, ?)", values)
        deliveries.enqueue(db, daily.deliveries, report_id=None, site=daily.site, now=now)
        detail = {"day": daily.day, "audiences": [each.audience for each in daily.deliveries]}
        notes = [Event(action="daily_mail", detail=detail)]
        notes += [Event(action="audience_without_address", detail={"audience": each}) for each in daily.silent]
        events.append(db, notes, now)
    return True
