"""Delivery step: claim, send, record."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from kiosk.config import Settings
from kiosk.delivery import verdict
from kiosk.delivery.backoff import mail_backoff
from kiosk.delivery.courier import Courier, connect, insist, may_send, pause_for
from kiosk.delivery.grouping import group_if_due
from kiosk.delivery.relay import Envelope
from kiosk.discreet import traceback_of
from kiosk.errors import (
    AuthenticationRefused,
    DeliveryError,
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    RelayUnavailable,
)
from kiosk.store.instance import directory
from kiosk.store.outbox import claims, held, outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.claims import Claim

log = logging.getLogger(__name__)

FORESIGHT = 1.0  # seconds that a look-ahead stays valid: the address may be corrected


def deliver_one(courier: Courier) -> bool:
    """One attempt at one due delivery; True if the caller should call again at once."""
    group_if_due(courier)
    claim = courier.claim or _claim_next(courier)
    if claim is None:
        return False
    courier.claim = None
    record = _attempt(courier, claim)
    insist(record, courier.stop)
    return courier.claim is not None or may_send(courier)


def put_back(courier: Courier) -> None:
    """Release a claim not begun. Raises NotConfirmed."""
    if courier.claim:
        outcomes.give_back(courier.db, courier.claim, courier.now())
        courier.claim = None


def _claim_next(courier: Courier) -> Claim | None:
    if not may_send(courier):
        return None
    held.release_in_turn(courier.db, courier.now())
    claim = claims.claim_next(courier.db, courier.turn, courier.now())
    courier.turn = courier.turn.after(claim)
    return claim


def _attempt(courier: Courier, claim: Claim) -> Callable[[], None]:
    """Send; returns the function that records the outcome."""
    try:
        connect(courier)
        envelope = _envelope(courier, claim)
        reply = courier.relay.send(envelope, claim.body, meanwhile=lambda: _look_ahead(courier))
    except DeliveryError as error:
        return _record_failure(courier, claim, error)
    except Exception as error:  # noqa: BLE001 - an internal error must neither lose this mail nor stop others
        log.error("delivery %s failed\n%s", claim.delivery, traceback_of(error))
        kind = MailAmbiguous if courier.relay.is_in_doubt else MailDeferred
        courier.relay.close()
        return _record_failure(courier, claim, kind("internal", f"internal error: {type(error).__name__}"))
    return lambda: _record_sent(courier, claim, reply)


def _look_ahead(courier: Courier) -> None:
    """Fetch the next delivery while the relay works. Errors recur when it is claimed or sent."""
    try:
        courier.ahead = claims.find_next(courier.db, courier.turn, courier.now())
        courier.looked_at = time.monotonic()
        if courier.ahead:
            courier.relay.prepare(courier.ahead.body)
    except Exception:  # noqa: BLE001 - the relay may have the mail by now: its answer must be read
        courier.ahead = None


def _record_sent(courier: Courier, claim: Claim, reply: str) -> None:
    """Also claims the next mail in the same commit."""
    then = None if courier.stop.is_set() or courier.relieved.is_set() else courier.turn
    found = courier.ahead if time.monotonic() - courier.looked_at < FORESIGHT else None
    ending = Ending("sent", "dot", reply)
    courier.claim = outcomes.record_sent(courier.db, claim, ending, courier.now(), then=then, found=found)
    courier.turn = courier.turn.after(courier.claim)
    courier.sent.extend(claim.bodies)


def _record_failure(courier: Courier, claim: Claim, error: DeliveryError) -> Callable[[], None]:
    db, now = courier.db, courier.now()

    def record() -> None:
        match error:
            case RelayUnavailable():
                outcomes.record_not_tried(db, claim, _ending("relay", error), now)
                pause_for(courier, error, now)
            case AuthenticationRefused():
                outcomes.record_not_tried(db, claim, _ending("authentication", error), now)
                pause_for(courier, error, now)
            case MailRefused():
                ending = replace(_ending("refused", error), held_for=verdict.held_for(error))
                outcomes.record_held(db, claim, ending, now)
            case MailAmbiguous():
                again = now + timedelta(seconds=courier.settings.smtp.ambiguous_wait)
                outcomes.record_deferred(db, claim, _ending("ambiguous", error), next_attempt_at=again, now=now)
            case _:
                again = now + mail_backoff(claim.attempts)
                outcomes.record_deferred(db, claim, _ending("deferred", error), next_attempt_at=again, now=now)

    return record


def _ending(outcome: str, error: DeliveryError) -> Ending:
    return Ending(outcome, error.phase, error.reply, error.words)


def _envelope(courier: Courier, claim: Claim) -> Envelope:
    return Envelope(
        sender=courier.settings.mail.bounce,
        recipient=_recipient(courier, claim),
        envelope_id=f"{claim.reference or claim.purpose}.{claim.delivery}",
        repeat=claim.repeat,
    )


def _recipient(courier: Courier, claim: Claim) -> str:
    """The settings decide who gets a mail, also when somebody has written another address to the database.

    A command may have corrected it there and in kiosk.toml since this process started. An audience that the settings no
    longer name keeps its last address.
    """
    if courier.reread is None or _named(courier.settings, claim) in ("", claim.address):
        return claim.address
    now = courier.reread()  # costs milliseconds, and is rare
    address = _named(now, claim)
    if address in ("", claim.address):
        return claim.address
    log.error("the database told another address of %s than the settings: corrected", claim.audience)
    directory.correct(courier.db, now, audience=claim.audience, reference=claim.reference, at=courier.now())
    return address


def _named(settings: Settings, claim: Claim) -> str:
    return next((each.address for each in settings.audiences if each.id == claim.audience), "")
