"""How an attempt ended, written down: one verb and one commit for each way."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.claims import Claim, NextDelivery, Turn, claim_within
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended; ``outcome`` is a word of the column attempts.outcome."""

    outcome: str
    phase: str
    reply: str


NOT_BEGUN = Ending("relay", "", "the forwarder was stopped before this mail was begun")


def record_sent(
    db: Database,
    claim: Claim,
    ending: Ending,
    now: datetime,
    *,
    then: Turn | None = None,
    found: NextDelivery | None = None,
) -> Claim | None:
    """The relay has it: sent for ever. Its text is then the caller's to erase (see outbox.erase_bodies).

    A 250 is a fact whoever holds the claim by now, so this needs no matching token. With ``then``, the next due
    delivery (``found`` a moment ago, if it is still due) is claimed in the same commit: one sync a mail of a backlog.
    """
    moment = clock.to_text(now)
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, moment)
        changed = db.execute(
            "UPDATE deliveries SET state = 'sent', sent_at = ?, last_reply = ?, claim = NULL, lease_until = NULL"
            " WHERE id = ? AND state NOT IN ('sent', 'cancelled')",
            (moment, ending.reply, claim.delivery),
        ).rowcount
        if changed:
            events.append(db, [_event("delivery_sent", claim, attempts=claim.attempts)], now)
        return claim_within(db, then, now, found=found) if then else None


def record_deferred(db: Database, claim: Claim, ending: Ending, *, next_attempt_at: datetime, now: datetime) -> bool:
    """Back to queued. False when the claim is no longer ours (then nothing but the attempt is written)."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(
            db, claim, "queued", ending, next_attempt_at, ambiguous=int(ending.outcome == "ambiguous")
        )
        if changed and ending.outcome == "ambiguous":
            events.append(db, [_event("delivery_ambiguous", claim, attempts=claim.attempts)], now)
    return changed


def record_held(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """The relay said no for good: red, with its own words, until somebody retries. Never dropped."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(db, claim, "held", ending, now, ambiguous=0)
        if changed:
            events.append(db, [_event("delivery_held", claim, phase=ending.phase, attempts=claim.attempts)], now)
            deliveries.cancel_if_void(db, claim.delivery, now)  # a mail without sense any more turns nothing red
    return changed


def record_not_tried(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """The relay could not be reached or greeted: the mail keeps its place, the attempt does not count against it."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(db, claim, "queued", ending, now, ambiguous=0)
        if changed:
            db.execute("UPDATE deliveries SET attempts = attempts - 1 WHERE id = ?", (claim.delivery,))
    return changed


def give_back(db: Database, claim: Claim, now: datetime) -> None:
    """A claim of ours that nobody began to send: the delivery is as it was before, and nothing is in doubt."""
    with immediate(db):
        _end_attempt(db, claim.attempt, NOT_BEGUN, clock.to_text(now))
        db.execute(
            "UPDATE deliveries SET state = 'queued', attempts = attempts - 1, claim = NULL, lease_until = NULL"
            " WHERE id = ? AND state = 'sending' AND claim = ?",
            (claim.delivery, claim.token),
        )


def _end_attempt(db: Database, attempt: int, ending: Ending, moment: str) -> None:
    db.execute(
        "UPDATE attempts SET ended_at = ?, outcome = ?, phase = ?, reply = ? WHERE id = ? AND ended_at IS NULL",
        (moment, ending.outcome, ending.phase, ending.reply, attempt),
    )


def _leave_sending(
    db: Database, claim: Claim, state: str, ending: Ending, next_attempt_at: datetime, *, ambiguous: int
) -> bool:
    changed = db.execute(
        "UPDATE deliveries SET state = ?, next_attempt_at = ?, last_reply = ?, ambiguous = ambiguous + ?,"
        " claim = NULL, lease_until = NULL WHERE id = ? AND state = 'sending' AND claim = ?",
        (state, clock.to_text(next_attempt_at), ending.reply, ambiguous, claim.delivery, claim.token),
    ).rowcount
    return changed == 1


def _event(action: str, claim: Claim, **detail: str | int) -> Event:
    return Event(action=action, reference=claim.reference, detail={"audience": claim.audience, **detail})
