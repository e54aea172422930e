"""Outcomes of delivery attempts: one function and one commit for each."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import HeldFor
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries, held
from kiosk.store.outbox.claims import Claim, NextDelivery, Turn, claim_within
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class Ending:
    """Result of an attempt; ``outcome``: a value of the column attempts.outcome.

    ``reply``: code and status, or what broke; kept for good. ``words``: the relay's own; kept while the mail waits.
    ``held_for``: of a refusal.
    """

    outcome: str
    phase: str
    reply: str
    words: str = ""
    held_for: HeldFor | None = None


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
    """Mark as sent, for ever. The caller erases the body (``deliveries.erase_bodies``).

    Needs no matching claim: a 250 is a fact. ``then``: also claim the next delivery (``found`` first) in the same
    commit, for one sync per mail of a backlog.
    """
    moment = clock.to_text(now)
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, moment)
        changed = db.execute(
            "UPDATE deliveries SET state = 'sent', sent_at = ?, last_reply = ?, last_words = '', claim = NULL"
            " WHERE id = ? AND state NOT IN ('sent', 'cancelled')",
            (moment, ending.reply, claim.delivery),
        ).rowcount
        if changed:
            sent = _event("delivery_sent", claim, attempts=claim.attempts)
            events.append(db, [row_digests.storing(sent, deliveries.ended(db, claim.delivery))], now)
            held.release_to(db, claim.address, now)
        return claim_within(db, then, now, found=found) if then else None


def record_deferred(db: Database, claim: Claim, ending: Ending, *, next_attempt_at: datetime, now: datetime) -> bool:
    """Back to queued. False if the claim is no longer ours; then only the attempt is written."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(
            db, claim, "queued", ending, next_attempt_at, ambiguous=int(ending.outcome == "ambiguous")
        )
        if changed and ending.outcome == "ambiguous":
            events.append(db, [_event("delivery_ambiguous", claim, attempts=claim.attempts)], now)
    return changed


def record_held(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """Hold a permanently refused mail until somebody retries, or its turn comes (held.py). Never dropped."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(db, claim, "held", ending, now + held.TRY_AGAIN_AFTER, ambiguous=0)
        if changed:
            events.append(db, [_event("delivery_held", claim, phase=ending.phase, attempts=claim.attempts)], now)
            deliveries.cancel_if_void(db, claim.delivery, now)  # a void mail must not raise an alarm
    return changed


def record_not_tried(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """The relay was unavailable: back to queued; the attempt does not count."""
    with immediate(db):
        _end_attempt(db, claim.attempt, ending, clock.to_text(now))
        changed = _leave_sending(db, claim, "queued", ending, now, ambiguous=0)
        if changed:
            db.execute("UPDATE deliveries SET attempts = attempts - 1 WHERE id = ?", (claim.delivery,))
    return changed


def give_back(db: Database, claim: Claim, now: datetime) -> None:
    """Release a claim that was not begun: the delivery is as before, not ambiguous."""
    with immediate(db):
        _end_attempt(db, claim.attempt, NOT_BEGUN, clock.to_text(now))
        db.execute(
            "UPDATE deliveries SET state = 'queued', attempts = attempts - 1, claim = NULL"
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
        "UPDATE deliveries SET state = ?, next_attempt_at = ?, last_reply = ?, last_words = ?, held_for = ?,"
        " ambiguous = ambiguous + ?, claim = NULL WHERE id = ? AND state = 'sending' AND claim = ?",
        (
            *(state, clock.to_text(next_attempt_at), ending.reply, ending.words, ending.held_for, ambiguous),
            *(claim.delivery, claim.token),
        ),
    ).rowcount
    return changed == 1


def _event(action: str, claim: Claim, **detail: str | int) -> Event:
    return Event(action=action, reference=claim.reference, detail={"audience": claim.audience, **detail})
