"""Breach reminders: those that are due, each queued once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.cnil import NOTIFICATION_DELAY
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import breaches
from kiosk.store.reports.breaches import Breach
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event

HOURS = (66, 48, 24)  # after the organisation became aware
AT_MOST = 20  # reminders per run of the forwarder


def due(db: Database, *, now: datetime) -> list[tuple[Breach, int]]:
    """Undecided breaches whose next reminder is due, each with its hour: the latest that has passed."""
    since = now + NOTIFICATION_DELAY - timedelta(hours=HOURS[-1])
    # With the last hour as a literal SQLite can use the partial index breaches_to_nudge.
    where = f"decision IS NULL AND nudged < {HOURS[0]} AND breaches.deadline_at <= ?"
    order = "AND hidden_as IS NULL ORDER BY breaches.deadline_at"
    waiting = breaches.select(db, f"{where} {order}", (clock.to_text(since),))
    found = ((breach, hour) for breach in waiting if (hour := _hour(breach, now)) > breach.reminded)
    return [each for each, _ in zip(found, range(AT_MOST), strict=False)]


def queue(db: Database, breach: Breach, hour: int, mails: Sequence[NewDelivery], now: datetime) -> bool:
    """Queue a reminder in one commit. False when it was queued before or a decision was made."""
    with immediate(db):
        changed = db.execute(
            "UPDATE breaches SET nudged = ? WHERE report_id = ? AND nudged = ? AND decision IS NULL",
            (hour, breach.report_id, breach.reminded),
        ).rowcount
        if changed != 1:
            return False
        stored = [row_digests.of_row(db, "breaches", breach.report_id, parts=("status",))]
        queued = deliveries.enqueue(db, mails, report_id=breach.report_id, site=breach.site, now=now)
        stored += [row_digests.of_row(db, "deliveries", number) for number in queued]
        told = {"hours": hour, "audiences": [mail.audience for mail in mails]}
        reminded = Event(action="breach_reminded", reference=breach.reference, detail=told)
        events.append(db, [row_digests.storing(reminded, *stored)], now)
    return True


def _hour(breach: Breach, now: datetime) -> int:
    passed = now - breach.aware_at
    return next((hours for hours in HOURS if passed >= timedelta(hours=hours)), 0)
