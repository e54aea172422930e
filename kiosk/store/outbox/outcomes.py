"""Outcomes of delivery attempts: one function and one commit for each."""

from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries, digest_endings, held
from kiosk.store.outbox.attempts import NOT_BEGUN, Ending, end_attempt
from kiosk.store.outbox.claims import Claim, NextDelivery, Turn, claim_within
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event


def record_sent(
    db: Database,
    claim: Claim,
    ending: Ending,
    now: datetime,
    *,
    then: Turn | None = None,
    found: NextDelivery | None = None,
) -> Claim | None:
    """Mark as sent, for ever, a digest with all its mails. The caller erases ``claim.bodies`` (bodies.py).

    Needs no matching claim: a 250 is a fact. ``then``: also claim the next delivery (``found`` first) in the same
    commit, for one sync per mail of a backlog.
    """
    moment = clock.to_text(now)
    with immediate(db):
        end_attempt(db, claim.attempt, ending, moment)
        changed = db.execute(
            f"UPDATE deliveries SET state = 'sent', sent_at = ?, last_reply = ?, {deliveries.ENDED_COLUMNS}"
            " WHERE id = ? AND state NOT IN ('sent', 'cancelled')",
            (moment, ending.reply, claim.delivery),
        ).rowcount
        if changed:
            if claim.is_digest:
                digest_endings.sent(db, claim, ending, now)
            sent = _event("digest_sent" if claim.is_digest else "delivery_sent", claim, attempts=claim.attempts)
            events.append(db, [row_digests.storing(sent, deliveries.ended(claim.delivery, "sent", moment))], now)
            held.release_to(db, claim.address, now)
        return claim_within(db, then, now, found=found) if then else None


def record_deferred(db: Database, claim: Claim, ending: Ending, *, next_attempt_at: datetime, now: datetime) -> bool:
    """Back to queued. False if the claim is no longer ours; then only the attempt is written."""
    with immediate(db):
        end_attempt(db, claim.attempt, ending, clock.to_text(now))
        if claim.is_digest and not claim.repeat and ending.outcome != "ambiguous":
            return digest_endings.deferred(db, claim, ending, next_attempt_at=next_attempt_at, now=now)
        changed = _leave_sending(
            db, claim, "queued", ending, next_attempt_at, ambiguous=int(ending.outcome == "ambiguous")
        )
        if changed and ending.outcome == "ambiguous":
            events.append(db, [_event("delivery_ambiguous", claim, attempts=claim.attempts)], now)
    return changed


def record_held(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """Hold a permanently refused mail until somebody retries, or its turn comes (held.py). Never dropped."""
    with immediate(db):
        end_attempt(db, claim.attempt, ending, clock.to_text(now))
        if claim.is_digest:
            return digest_endings.refused(db, claim, ending, now, again_after=held.TRY_AGAIN_AFTER)
        changed = _leave_sending(db, claim, "held", ending, now + held.TRY_AGAIN_AFTER, ambiguous=0)
        if changed:
            events.append(db, [_event("delivery_held", claim, phase=ending.phase, attempts=claim.attempts)], now)
            deliveries.cancel_if_void(db, claim.delivery, now)  # a void mail must not raise an alarm
    return changed


def record_not_tried(db: Database, claim: Claim, ending: Ending, now: datetime) -> bool:
    """The relay was unavailable: back to queued; the attempt does not count."""
    with immediate(db):
        end_attempt(db, claim.attempt, ending, clock.to_text(now))
        digest_endings.dissolve_those_that_wait(db, ending, now)
        if claim.is_digest and not claim.repeat:
            return digest_endings.not_tried(db, claim, ending, now)
        changed = _leave_sending(db, claim, "queued", ending, now, ambiguous=0)
        if changed:
            db.execute("UPDATE deliveries SET attempts = attempts - 1 WHERE id = ?", (claim.delivery,))
    return changed


def give_back(db: Database, claim: Claim, now: datetime) -> None:
    """Release a claim that was not begun: the delivery is as before, not ambiguous."""
    with immediate(db):
        end_attempt(db, claim.attempt, NOT_BEGUN, clock.to_text(now))
        db.execute(
            "UPDATE deliveries SET state = 'queued', attempts = attempts - 1, claim = NULL"
            " WHERE id = ? AND state = 'sending' AND claim = ?",
            (claim.delivery, claim.token),
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
