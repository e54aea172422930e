"""Held deliveries that are tried again by themselves.

Held for the relay's reason: once a day. For that or for the address's: also when the relay has just taken a mail to the
same address. The bytes of a mail never change: one that is held for them waits for a person.
"""

from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import HeldFor
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

TRY_AGAIN_AFTER = timedelta(days=1)
HELD = "state = 'held'"
# A moment after tomorrow dates from before the clock was set back.
IN_TURN = f"{HELD} AND held_for = '{HeldFor.RELAY}' AND (next_attempt_at <= :now OR next_attempt_at > :too_far)"
TO_ADDRESS = (
    f"{HELD} AND held_for != '{HeldFor.MAIL}' AND audience_id IN (SELECT id FROM audiences WHERE address = :address)"
)


def release_in_turn(db: Database, now: datetime) -> None:
    """Writes nothing, and takes no lock, when nothing is due."""
    values = {"now": clock.to_text(now), "too_far": clock.to_text(now + TRY_AGAIN_AFTER)}
    if db.execute(f"SELECT 1 FROM deliveries WHERE {IN_TURN} LIMIT 1", values).fetchone():
        with immediate(db):
            _release(db, IN_TURN, values, "a day has passed", now)


def release_to(db: Database, address: str, now: datetime) -> None:
    """Inside the caller's transaction, when the relay has taken a mail to this address."""
    _release(db, TO_ADDRESS, {"now": clock.to_text(now), "address": address}, "a later mail was taken", now)


def _release(db: Database, where: str, values: dict[str, str], because: str, now: datetime) -> None:
    count = db.execute(f"UPDATE deliveries SET state = 'queued', next_attempt_at = :now WHERE {where}", values).rowcount
    if count:
        events.append(db, [Event(action="held_released", detail={"count": count, "because": because})], now)
