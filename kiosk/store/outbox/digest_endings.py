"""Ending of an attempt at a digest, for the mails in it. Inside the caller's transaction."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import HeldFor
from kiosk.store.outbox import bodies, deliveries
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.claims import Claim
from kiosk.store.outbox.deliveries import ENDED_COLUMNS
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event

ENVELOPE = ("", "mail", "rcpt")  # phases in which a relay has not seen the text


def sent(db: Database, digest: Claim, ending: Ending, now: datetime) -> None:
    """All its mails are sent with it: each has an event of its own."""
    told, moment = [], clock.to_text(now)
    for delivery, reference, place in _mails(db, digest.delivery):
        db.execute(
            f"UPDATE deliveries SET state = 'sent', sent_at = ?, last_reply = ?, {ENDED_COLUMNS} WHERE id = ?",
            (moment, ending.reply, delivery),
        )
        detail = {"audience": digest.audience, "digest": digest.delivery, "listed": place is None}
        event = Event(action="delivery_sent", reference=reference, detail=detail)
        told.append(row_digests.storing(event, deliveries.ended(delivery, "sent", moment)))
    events.append(db, told, now)
    db.execute("UPDATE digest_turns SET halved = 0 WHERE audience_id = ?", (digest.audience,))


def deferred(db: Database, digest: Claim, ending: Ending, *, next_attempt_at: datetime, now: datetime) -> bool:
    """Put off. It may have been too much where the relay had begun to take it: the next one has half the room."""
    if not _dissolve(db, digest.delivery, ending, now, claim=digest.token):
        return False
    if ending.phase not in ENVELOPE:
        db.execute("UPDATE digest_turns SET halved = min(halved + 1, 20) WHERE audience_id = ?", (digest.audience,))
    _give_back(db, digest.delivery, "queued", ending, next_attempt_at=next_attempt_at, tried=1)
    return True


def not_tried(db: Database, digest: Claim, ending: Ending, now: datetime) -> bool:
    if not _dissolve(db, digest.delivery, ending, now, claim=digest.token):
        return False
    _wait_again(db, digest.delivery, digest.audience, ending, now)
    return True


def dissolve_those_that_wait(db: Database, ending: Ending, now: datetime) -> None:
    """Dissolve unsent digests when no mail can leave: their mails may grow stale, and later ones could not join them.

    The next digests need not wait for their turn.
    """
    waiting = db.execute(
        "SELECT id, audience_id FROM deliveries INDEXED BY digests_under_way WHERE purpose = 'digest'"
        " AND state NOT IN ('sent', 'cancelled') AND state = 'queued' AND ambiguous = 0"
    ).fetchall()
    for digest, audience in waiting:
        if _dissolve(db, digest, ending, now):
            _wait_again(db, digest, audience, ending, now)


def _wait_again(db: Database, digest: int, audience: str, ending: Ending, now: datetime) -> None:
    _give_back(db, digest, "queued", ending, next_attempt_at=now, tried=0)
    db.execute("UPDATE digest_turns SET next_at = ? WHERE audience_id = ?", (clock.to_text(now), audience))


def refused(db: Database, digest: Claim, ending: Ending, now: datetime, *, again_after: timedelta) -> bool:
    """One text may be the reason, so the next digest only lists these mails. If that is refused too, they are held.

    A relay that has taken the digest before, in doubt, may refuse it now: then each of its mails is in doubt.
    """
    carried = any(place is not None for _, _, place in _mails(db, digest.delivery))
    about_the_text = ending.phase not in ENVELOPE or ending.held_for is HeldFor.MAIL
    if not _dissolve(db, digest.delivery, ending, now, claim=digest.token):
        return False
    if carried and about_the_text:
        _give_back(db, digest.delivery, "queued", ending, next_attempt_at=now, tried=1, way="listed")
        return True
    next_try = now + again_after
    held = _give_back(db, digest.delivery, "held", ending, next_attempt_at=next_try, tried=1, way="digest")
    detail = {"audience": digest.audience, "phase": ending.phase}
    events.append(db, [Event(action="delivery_held", reference=each, detail=detail) for _, each in held], now)
    for delivery, _ in held:
        deliveries.cancel_if_void(db, delivery, now)
    return True


def _mails(db: Database, digest: int) -> list[tuple[int, str, int | None]]:
    found = db.execute(
        "SELECT deliveries.id, reference, digest_place FROM deliveries JOIN reports ON reports.id = report_id"
        " WHERE digest_id = ? AND deliveries.state = 'in_digest' ORDER BY deliveries.id",
        (digest,),
    )
    return [(delivery, reference, place) for delivery, reference, place in found]


def _dissolve(db: Database, digest: int, ending: Ending, now: datetime, *, claim: str | None = None) -> bool:
    """False if the digest is not as it was: claimed with ``claim``, or waiting."""
    opening, audience = db.execute("SELECT body_id, audience_id FROM deliveries WHERE id = ?", (digest,)).fetchone()
    changed = db.execute(
        f"UPDATE deliveries SET state = 'cancelled', last_reply = ?, {ENDED_COLUMNS} WHERE id = ? AND state = ?"
        " AND claim IS ?",
        (ending.reply, digest, "sending" if claim else "queued", claim),
    ).rowcount
    if changed != 1:
        return False
    bodies.erase_unused(db, [opening])
    event = Event(action="digest_dissolved", detail={"audience": audience, "outcome": ending.outcome})
    events.append(db, [row_digests.storing(event, deliveries.ended(digest, "cancelled"))], now)
    return True


def _give_back(
    db: Database,
    digest: int,
    state: str,
    ending: Ending,
    *,
    next_attempt_at: datetime,
    tried: int,
    way: str | None = None,
) -> list[tuple[int, str]]:
    """The mails of a dissolved digest, with their references."""
    mails = [(delivery, reference) for delivery, reference, _ in _mails(db, digest)]
    doubts = db.execute("SELECT ambiguous FROM deliveries WHERE id = ?", (digest,)).fetchone()[0]
    db.execute(
        "UPDATE deliveries SET state = ?, way = coalesce(?, way), digest_id = NULL, digest_place = NULL,"
        " ambiguous = ambiguous + ?, attempts = attempts + ?, next_attempt_at = ?, last_reply = ?, last_words = ?,"
        " held_for = ? WHERE digest_id = ?",
        (
            *(state, way, doubts, tried, clock.to_text(next_attempt_at), ending.reply, ending.words, ending.held_for),
            digest,
        ),
    )
    return mails
