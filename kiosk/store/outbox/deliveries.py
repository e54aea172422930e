"""Outbox deliveries: queued → sending → sent, or back to queued, or held.

At least once, same identity: bytes and Message-ID never change. A report's own mails leave only by a recorded 2xx to
the final dot; a mail with a condition is cancelled when the condition, or its moment, has ended. See also claims.py and
outcomes.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_digests import RowDigests


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """``body``: the final bytes. ``only_while``: condition under which the mail may leave; ``not_after``: until when.

    Raises ValueError if the condition does not fit the purpose, or for a moment without a condition.
    """

    audience: str
    message_id: str
    body: bytes
    purpose: Purpose = Purpose.REPORT
    only_while: OnlyWhile | None = None
    not_after: datetime | None = None

    def __post_init__(self) -> None:
        if self.only_while not in (self.purpose.only_while or (None,)):
            raise ValueError(f"a mail of the purpose «{self.purpose}» cannot depend on «{self.only_while}»")
        if self.not_after and not self.only_while:
            raise ValueError(f"a mail of the purpose «{self.purpose}» is always sent, however late")


def enqueue(db: Database, delivery: NewDelivery, *, report_id: int | None, site: str, now: datetime) -> int:
    """Inside the caller's transaction. A mail with a condition replaces an unsent one of its purpose and audience."""
    moment = clock.to_text(now)
    if delivery.only_while:
        earlier = {"report": report_id, "audience": delivery.audience, "purpose": delivery.purpose}
        _cancel(db, f"{WAITING} AND {SAME_REMINDER}", earlier, now)
    cursor = db.execute(
        "INSERT INTO deliveries"
        " (report_id, site_id, audience_id, purpose, only_while, not_after, message_id, state, created_at,"
        " next_attempt_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
        (
            report_id,
            site,
            delivery.audience,
            delivery.purpose,
            delivery.only_while,
            clock.to_text(delivery.not_after) if delivery.not_after else None,
            delivery.message_id,
            moment,
            moment,
        ),
    )
    number = int(cursor.lastrowid or 0)
    db.execute("INSERT INTO bodies (delivery_id, bytes) VALUES (?, ?)", (number, delivery.body))
    return number


def submit_test(db: Database, delivery: NewDelivery, *, site: str, actor: str, now: datetime) -> int:
    """Queue a mail without a report, with its event, in one commit; returns its id."""
    with immediate(db):
        number = enqueue(db, delivery, report_id=None, site=site, now=now)
        events.append(db, [Event(action="test_mail", actor=actor, detail={"audience": delivery.audience})], now)
    return number


def erase_bodies(db: Database, deliveries: Sequence[int]) -> None:
    """One commit; the WAL still holds the text (see erasure.clean_log)."""
    with immediate(db):
        for delivery in deliveries:
            db.execute("DELETE FROM bodies WHERE delivery_id = ?", (delivery,))


def bodies_left(db: Database) -> list[int]:
    """Ended deliveries whose body was not erased before a crash."""
    rows = db.execute(
        "SELECT delivery_id FROM bodies JOIN deliveries ON deliveries.id = delivery_id"
        " WHERE state IN ('sent', 'cancelled')"
    )
    return [row[0] for row in rows]


# Only a delivery with a condition can be void (see kiosk/domain/purposes.py).
WAITING = "deliveries.state IN ('queued', 'held')"
DECIDED = "EXISTS (SELECT 1 FROM breaches WHERE breaches.report_id = reports.id AND decision IS NOT NULL)"
ENDED = f"iif(only_while = '{OnlyWhile.UNDECIDED}', {DECIDED}, only_while != reports.state)"
VOID = f"{WAITING} AND ({ENDED} OR not_after < :now)"
SAME_REMINDER = "report_id = :report AND audience_id = :audience AND purpose = :purpose AND only_while IS NOT NULL"


def cancel_void(db: Database, report_id: int, now: datetime) -> int:
    """Inside the caller's transaction, after a change of the report's state; returns the count."""
    return _cancel(db, f"deliveries.report_id = :report AND {VOID}", {"report": report_id}, now)


def cancel_waiting_for_an_answer(db: Database, report_id: int, now: datetime) -> int:
    """Inside the caller's transaction: cancel unsent mails that ask for an answer; returns the count.

    Mails about a breach are cancelled only once it is decided.
    """
    asking = f"{WAITING} AND iif(only_while = '{OnlyWhile.UNDECIDED}', {DECIDED}, only_while IS NOT NULL)"
    return _cancel(db, f"deliveries.report_id = :report AND {asking}", {"report": report_id}, now)


def cancel_if_void(db: Database, delivery: int, now: datetime) -> bool:
    """``cancel_void`` for one delivery."""
    return _cancel(db, f"deliveries.id = :delivery AND {VOID}", {"delivery": delivery}, now) == 1


def _cancel(db: Database, where: str, values: Mapping[str, str | int | None], now: datetime) -> int:
    void = db.execute(
        "SELECT deliveries.id, reference, audience_id, purpose FROM deliveries"
        f" JOIN reports ON reports.id = report_id WHERE {where}",
        {**values, "now": clock.to_text(now)},
    ).fetchall()
    for delivery, reference, audience, purpose in void:
        db.execute("UPDATE deliveries SET state = 'cancelled', last_words = '' WHERE id = ?", (delivery,))
        db.execute("DELETE FROM bodies WHERE delivery_id = ?", (delivery,))
        detail = {"audience": audience, "purpose": purpose}
        cancelled = Event(action="delivery_cancelled", reference=reference, detail=detail)
        events.append(db, [row_digests.storing(cancelled, ended(db, delivery))], now)
    return len(void)


def ended(db: Database, delivery: int) -> RowDigests:
    """Digests of a delivery that was sent or cancelled, for the event of the same commit."""
    return row_digests.of_row(db, "deliveries", delivery, parts=("ended", "body"))


def retry_now(db: Database, *, reference: str | None, actor: str, now: datetime) -> int:
    """Make held and waiting deliveries (of one report, or all) due and lift the relay's pause; the count."""
    where = "state IN ('held', 'queued') AND attempts > 0 AND (:reference IS NULL OR report_id ="
    where += " (SELECT id FROM reports WHERE reference = :reference))"
    with immediate(db):
        changed = db.execute(
            f"UPDATE deliveries SET state = 'queued', next_attempt_at = :now WHERE {where}",
            {"reference": reference, "now": clock.to_text(now)},
        ).rowcount
        db.execute("UPDATE relay SET next_try_at = ?", (clock.to_text(now),))
        if changed:
            events.append(
                db, [Event(action="retry_asked", actor=actor, reference=reference, detail={"count": changed})], now
            )
    return changed


def count_waiting(db: Database) -> int:
    count: int = db.execute("SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'cancelled')").fetchone()[0]
    return count


@dataclass(frozen=True, slots=True)
class Undelivered:
    """``next_attempt``: None if held. ``last_words``: the relay's, which may quote the mail; for readers alone."""

    reference: str | None
    purpose: Purpose
    audience: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt: datetime | None
    last_reply: str
    last_words: str


def undelivered(db: Database, *, limit: int = -1, sites: Sequence[str] | None = None) -> Sequence[Undelivered]:
    """Oldest first; at most ``limit`` unless negative. ``sites``: None for all."""
    rows = db.execute(
        "SELECT reference, purpose, audience_id, deliveries.state, attempts, created_at, next_attempt_at, last_reply,"
        " last_words FROM deliveries LEFT JOIN reports ON reports.id = report_id"
        " WHERE deliveries.state NOT IN ('sent', 'cancelled')"
        " AND (:sites IS NULL OR deliveries.site_id IN (SELECT value FROM json_each(:sites)))"
        " ORDER BY deliveries.id LIMIT :limit",
        {"limit": limit, "sites": None if sites is None else json.dumps(sites)},
    )
    return [
        Undelivered(
            reference,
            Purpose(purpose),
            audience,
            DeliveryState(state),
            attempts,
            clock.from_text(created),
            None if state == DeliveryState.HELD else clock.from_text(next_attempt),
            reply,
            words or reply,
        )
        for reference, purpose, audience, state, attempts, created, next_attempt, reply, words in rows
    ]


def state_of(db: Database, delivery: int) -> tuple[DeliveryState, str]:
    """State and the relay's last answer: its words as long as they are kept."""
    row = db.execute("SELECT state, last_reply, last_words FROM deliveries WHERE id = ?", (delivery,)).fetchone()
    return DeliveryState(row[0]), row[2] or row[1]
