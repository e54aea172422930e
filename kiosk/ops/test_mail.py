"""A mail marked as a test, sent the way every report goes: queue, forwarder, relay."""

import time

from kiosk import clock
from kiosk.config import Role, Settings
from kiosk.delivery.forwarder import forward_once
from kiosk.domain.purposes import Purpose
from kiosk.duty.trace import trace_head
from kiosk.errors import KioskError
from kiosk.mail.compose import Stationery, compose_test
from kiosk.mail.facts import Recipient
from kiosk.store import bell, outbox
from kiosk.store.connection import Database
from kiosk.store.outbox import NewDelivery
from kiosk.store.relay import lift_pause, relay_state
from kiosk.version import VERSION

LOOK_EVERY = 0.2  # seconds


def send_test_mail(db: Database, settings: Settings, *, patience: float) -> tuple[bool, str]:
    """Whether the relay took it, and what to tell the operator. ``patience`` in seconds."""
    if not settings.smtp.host:
        raise KioskError("No relay is configured: set host under [smtp] in kiosk.toml.")
    delivery = _enqueue(db, settings)
    lift_pause(db, clock.now())
    bell.ring(settings.instance)
    if not forward_once(settings, db):
        _wait(db, delivery, patience)
    state, words = outbox.state_of(db, delivery)
    if state == "sent":
        return True, f"The relay took the test mail: {words}"
    return False, f"Not sent yet ({state}): {_what_keeps_it(db, words)}. It stays in the queue: see `kiosk queue`."


def _what_keeps_it(db: Database, words: str) -> str:
    relay = relay_state(db)
    if relay.state not in ("down", "refused"):
        return words or "no answer yet"
    again = f"{clock.local(relay.next_try_at):%H:%M:%S}"
    return f"«{relay.last_reply}» at the last try, the next one is at {again} (at once with `kiosk queue retry`)"


def _enqueue(db: Database, settings: Settings) -> int:
    mssi = next(audience for audience in settings.audiences if audience.role == Role.MSSI and audience.active)
    now = clock.now()
    stationery = Stationery.of(settings, mssi)
    recipient = Recipient(mssi.id, mssi.name, "Vous recevez ce courriel parce qu'un essai a été demandé sur la borne.")
    mail = compose_test(stationery, recipient, now, version=VERSION, trace=trace_head(db))
    new = NewDelivery(mssi.id, mail.message_id, mail.body, purpose=Purpose.TEST)
    site = settings.local_site.id
    return outbox.submit_test(db, new, site=site, demo=settings.demo, actor="command line", now=now)


def _wait(db: Database, delivery: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while outbox.state_of(db, delivery)[0] != "sent" and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
