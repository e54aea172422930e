"""Whose turn it is, and that a delivery is in one pair of hands at most.

A claim is committed before its MAIL FROM; the relay's 250 is recorded before the next mail begins (the same commit may
hold the next claim). A crash between the two leaves an open claim: it counts as ambiguous (the relay may have the mail)
and the very same bytes under the same Message-ID go out again, so the window for a duplicate is: claimed, 250 not yet
recorded; at most one mail is in it. Nothing else sends twice.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store import events, outbox
from kiosk.store.connection import immediate
from kiosk.store.events import Event

Values = dict[str, str | int]

LEASE = timedelta(minutes=15)  # longer than any attempt (12 minutes): until then a claim may be a living sender's
LONGEST_WAIT = timedelta(minutes=15)  # a later date than this can only come from a clock that jumped


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery, ours alone. ``repeat``: the relay may already have a copy."""

    delivery: int
    attempt: int
    token: str
    attempts: int
    reference: str | None
    audience: str
    site: str
    address: str
    message_id: str
    repeat: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: first attempts and retries alternate, and so do sites (the one behind ``after_site`` is next).

    So neither a thousand failing mails nor a flood of new ones, here or at another site, delays a mail by more than
    one attempt.
    """

    demo: bool = False
    retries_first: bool = False
    after_site: str = ""

    def after(self, claim: Claim | None) -> "Turn":
        return Turn(self.demo, not self.retries_first, claim.site if claim else self.after_site)


FRESH = (
    "SELECT * FROM (SELECT deliveries.id FROM deliveries JOIN audiences ON audiences.id = audience_id"
    " WHERE state = 'queued' AND attempts = 0 AND deliveries.demo = :demo AND (address != '' OR :demo)"
    " AND site_id > {after_site} ORDER BY site_id, deliveries.id LIMIT 1)"
)
AGAIN = (
    "SELECT * FROM (SELECT deliveries.id FROM deliveries JOIN audiences ON audiences.id = audience_id"
    " WHERE state = 'queued' AND attempts > 0 AND deliveries.demo = :demo AND (address != '' OR :demo)"
    " AND (next_attempt_at <= :now OR next_attempt_at > :too_far) ORDER BY next_attempt_at LIMIT 1)"
)
FIRST_ATTEMPTS = (FRESH.format(after_site=":after_site"), FRESH.format(after_site="''"))
# SQLite runs the parts one after the other and stops at the first row.
RETRIES_FIRST = " UNION ALL ".join((AGAIN, *FIRST_ATTEMPTS)) + " LIMIT 1"
RETRIES_LAST = " UNION ALL ".join((*FIRST_ATTEMPTS, AGAIN)) + " LIMIT 1"


def claim_next(db: Database, turn: Turn, now: datetime) -> Claim | None:
    """The next due delivery, claimed and its attempt written, in one commit; None when nothing is due.

    Each site's oldest comes first. A delivery whose audience has no address waits for one.
    """
    if _find(db, turn, now) is None:  # nobody is kept from writing as long as nothing is due
        return None
    with immediate(db):
        return claim_within(db, turn, now)


def claim_within(db: Database, turn: Turn, now: datetime) -> Claim | None:
    """What ``claim_next`` does, inside the caller's transaction.

    One that has become void since it was queued, or while it waited for its next attempt, is cancelled on the way.
    """
    while (found := _find(db, turn, now)) is not None:
        if not outbox.cancel_if_void(db, found, now):
            return _claim(db, found, now)
    return None


def _find(db: Database, turn: Turn, now: datetime) -> int | None:
    due: Values = {
        "demo": int(turn.demo),
        "after_site": turn.after_site,
        "now": clock.to_text(now),
        "too_far": clock.to_text(now + LONGEST_WAIT),
    }
    row = db.execute(RETRIES_FIRST if turn.retries_first else RETRIES_LAST, due).fetchone()
    return None if row is None else int(row[0])


def _claim(db: Database, delivery: int, now: datetime) -> Claim:
    token = secrets.token_hex(8)
    db.execute(
        "UPDATE deliveries SET state = 'sending', claim = ?, lease_until = ?, attempts = attempts + 1 WHERE id = ?",
        (token, clock.to_text(now + LEASE), delivery),
    )
    attempt = db.execute(
        "INSERT INTO attempts (delivery_id, started_at) VALUES (?, ?)", (delivery, clock.to_text(now))
    ).lastrowid
    row = db.execute(
        "SELECT attempts, reference, audience_id, deliveries.site_id, address, message_id, ambiguous > 0, bytes"
        " FROM deliveries"
        " JOIN audiences ON audiences.id = audience_id JOIN bodies ON delivery_id = deliveries.id"
        " LEFT JOIN reports ON reports.id = report_id WHERE deliveries.id = ?",
        (delivery,),
    ).fetchone()
    tries, reference, audience, site, address, message_id, repeat, body = row
    number = int(attempt or 0)
    return Claim(delivery, number, token, tries, reference, audience, site, address, message_id, bool(repeat), body)


def release_open_claims(db: Database, *, wait: timedelta, now: datetime) -> int:
    """Gives every open claim back to the queue, as ambiguous; how many.

    Only while holding the forwarder's lock: then whoever made them is dead.
    """
    if db.execute("SELECT 1 FROM deliveries WHERE state = 'sending'").fetchone() is None:
        return 0
    moment = clock.to_text(now)
    with immediate(db):
        open_claims = db.execute(
            "SELECT deliveries.id, reference, audience_id, attempts FROM deliveries"
            " LEFT JOIN reports ON reports.id = report_id WHERE deliveries.state = 'sending'"
        ).fetchall()
        for delivery, reference, audience, attempts in open_claims:
            db.execute(
                "UPDATE attempts SET ended_at = ?, outcome = 'crashed' WHERE delivery_id = ? AND ended_at IS NULL",
                (moment, delivery),
            )
            db.execute(
                "UPDATE deliveries SET state = 'queued', claim = NULL, lease_until = NULL, ambiguous = ambiguous + 1,"
                " next_attempt_at = ? WHERE id = ?",
                (clock.to_text(now + wait), delivery),
            )
            detail = {"audience": audience, "attempts": attempts, "cause": "crash"}
            events.append(db, [Event(action="delivery_ambiguous", reference=reference, detail=detail)], now)
    return len(open_claims)
