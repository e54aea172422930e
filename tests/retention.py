"""A kiosk that has been looking for long, with reports that came to rest, for tests."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.roles import Actor
from kiosk.keeping.purge import keep_no_longer
from kiosk.store.base.connection import immediate
from kiosk.store.keeping import erasure
from kiosk.store.outbox import bodies, outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.reports import report_status, submissions
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from tests.build import NOON, a_delivery, a_new_report, claim

REFERENCE = "7K4-92Q-MX3"
CAMILLE = Actor("camille", "Camille Martin", "manager")
SENT = Ending("sent", "dot", "250 ok")
RESTS = {
    "closed": "state = 'closed', closed_at = :at, closed_by = 'Camille', outcome = 'resolved'",
    "hidden": "state = 'closed', closed_at = :at, closed_by = 'Camille', hidden_as = 'spam'",
    "acknowledged": "state = 'acknowledged', taken_at = :at, taken_by = 'Camille', taken_account = 'camille'",
    "open": "state = 'open'",
}


def a_report(
    db: Database,
    *,
    reference: str = REFERENCE,
    state: str = "closed",
    at: datetime = NOON,
    sent: bool = True,
    **row: object,
) -> int:
    """One that came to rest ``at`` that moment, its mail delivered or not; its number."""
    note = Event(action="report_received", reference=reference)
    fresh = a_new_report(reference=reference, received_at=at, **row)
    submissions.submit(db, fresh, [a_delivery(reference)], [note], at)
    if sent:
        deliver_all(db, at)
    db.execute(
        f"UPDATE reports SET {RESTS[state]} WHERE reference = :reference",
        {"at": clock.to_text(at), "reference": reference},
    )
    db.conn.commit()
    return int(db.execute("SELECT id FROM reports WHERE reference = ?", (reference,)).fetchone()[0])


def note_status(db: Database, report_id: int, at: datetime) -> None:
    """The event of the act that ``a_report`` left out: without it the trace does not know the status."""
    reference = db.execute("SELECT reference FROM reports WHERE id = ?", (report_id,)).fetchone()[0]
    closed = Event(action="report_closed", actor="camille", reference=reference)
    with immediate(db):
        events.append(db, [row_digests.storing(closed, report_status.stored(db, report_id))], at)


def deliver_all(db: Database, now: datetime) -> None:
    while db.execute("SELECT 1 FROM deliveries WHERE state = 'queued'").fetchone():
        claimed = claim(db, now)
        outcomes.record_sent(db, claimed, SENT, now)
        bodies.erase(db, claimed.bodies)


def steady(db: Database, now: datetime) -> None:
    """It has looked every day, an hour ago the last time."""
    values = (clock.to_text(now - timedelta(hours=1)),)
    db.execute("UPDATE retention SET looked_at = ?, days = 7", values)
    db.conn.commit()


def rest_for_long(db: Database, reference: str, since: datetime) -> None:
    """As if it had been closed at that moment."""
    db.execute("UPDATE reports SET closed_at = ? WHERE reference = ?", (clock.to_text(since), reference))
    db.conn.commit()


def announced(db: Database, at: datetime) -> None:
    """Every report, by a mail that nobody had to be sent."""
    db.execute("INSERT OR REPLACE INTO announced SELECT id, ?, NULL FROM reports", (clock.to_text(at),))
    db.conn.commit()


def live(db: Database, settings: Settings, now: datetime, turns: int = 30) -> None:
    """What the background process does in so many seconds."""
    for second in range(turns):
        keep_no_longer(db, settings, now + timedelta(seconds=second))
        erasure.clean_log(db)


def kept(db: Database) -> dict[str, tuple[bool, bool]]:
    """Is the content still there, is the contact?"""
    rows = db.execute("SELECT reference, content IS NOT NULL, contact IS NOT NULL FROM reports ORDER BY id")
    return {reference: (bool(content), bool(contact)) for reference, content, contact in rows}


def actions(db: Database) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in db.execute("SELECT actor, action FROM events ORDER BY id")]
