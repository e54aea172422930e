"""Whose turn it is, and that a delivery is in one pair of hands at most.

A claim is committed before its MAIL FROM; the relay's 250 is recorded before the next mail begins (the same commit may
hold the next claim). A crash between the two leaves an open claim: it counts as ambiguous (the relay may have the mail)
and the very same bytes under the same Message-ID go out again, so the window for a duplicate is: claimed, 250 not yet
recorded; at most one mail is in it. Nothing else sends twice.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

Values = dict[str, str | int]

LEASE = timedelta(minutes=15)  # longer than any attempt (12 minutes): until then a claim may be a living sender's
LONGEST_WAIT = timedelta(minutes=15)  # a later date than this can only come from a clock that jumped


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery, ours alone. ``repeat``: the relay may have a copy already; ``purpose``: a ``Purpose``."""

    delivery: int
    attempt: int
    token: str
    attempts: int
    reference: str | None
    purpose: str
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

    retries_first: bool = False
    after_site: str = ""

    def after(self, claim: Claim | None) -> "Turn":
        return Turn(not self.retries_first, claim.site if claim else self.after_site)


class NextDelivery(NamedTuple):
    """A delivery whose turn it is, and nobody's yet. ``only_while``: its ``OnlyWhile``, which may have ended."""

    delivery: int
    only_while: str | None
    attempts: int
    reference: str | None
    purpose: str
    audience: str
    site: str
    address: str
    message_id: str
    repeat: int
    body: bytes


DUE = (
    "SELECT * FROM (SELECT deliveries.id, only_while, attempts, reference, purpose, audience_id, deliveries.site_id,"
    " address, message_id, ambiguous > 0, bytes FROM deliveries CROSS JOIN audiences ON audiences.id = audience_id"
    " CROSS JOIN bodies ON delivery_id = deliveries.id LEFT JOIN reports ON reports.id = report_id"
    " WHERE deliveries.state = 'queued' AND address != ''"
)
FRESH = DUE + (
    " AND attempts = 0 AND deliveries.site_id > {after_site} ORDER BY deliveries.site_id, deliveries.id LIMIT 1)"
)
AGAIN = DUE + (
    " AND attempts > 0 AND (next_attempt_at <= :now OR next_attempt_at > :too_far) ORDER BY next_attempt_at LIMIT 1)"
)
FIRST_ATTEMPTS = (FRESH.format(after_site=":after_site"), FRESH.format(after_site="''"))
# SQLite runs the parts one after the other and stops at the first row.
RETRIES_FIRST = " UNION ALL ".join((AGAIN, *FIRST_ATTEMPTS)) + " LIMIT 1"
RETRIES_LAST = " UNION ALL ".join((*FIRST_ATTEMPTS, AGAIN)) + " LIMIT 1"


def claim_next(db: Database, turn: Turn, now: datetime) -> Claim | None:
    """The next due delivery, claimed and its attempt written, in one commit; None when nothing is due.

    Each site's oldest comes first. A delivery whose audience has no address waits for one.
    """
    due = find_next(db, turn, now)
    if due is None:  # nobody is kept from writing as long as nothing is due
        return None
    with immediate(db):
        return claim_within(db, turn, now, found=due)


def claim_within(db: Database, turn: Turn, now: datetime, *, found: NextDelivery | None = None) -> Claim | None:
    """What ``claim_next`` does, inside the caller's transaction; first of all what was ``found`` a moment ago.

    One that has become void since it was queued, or while it waited for its next attempt, is cancelled on the way.
    """
    due = found or find_next(db, turn, now)
    while due:
        is_void = due.only_while is not None and deliveries.cancel_if_void(db, due.delivery, now)
        claim = None if is_void else _claim(db, due, now)
        if claim:
            return claim
        due = find_next(db, turn, now)
    return None


def find_next(db: Database, turn: Turn, now: datetime) -> NextDelivery | None:
    """Whose turn it is, read only."""
    values: Values = {
        "after_site": turn.after_site,
        "now": clock.to_text(now),
        "too_far": clock.to_text(now + LONGEST_WAIT),
    }
    row = db.execute(RETRIES_FIRST if turn.retries_first else RETRIES_LAST, values).fetchone()
    return None if row is None else NextDelivery(*row)


def _claim(db: Database, due: NextDelivery, now: datetime) -> Claim | None:
    """None when it was claimed or ended since it was found."""
    token = secrets.token_hex(8)
    changed = db.execute(
        "UPDATE deliveries SET state = 'sending', claim = ?, lease_until = ?, attempts = ?"
        " WHERE id = ? AND state = 'queued' AND attempts = ?",
        (token, clock.to_text(now + LEASE), due.attempts + 1, due.delivery, due.attempts),
    ).rowcount
    if changed != 1:
        return None
    attempt = db.execute(
        "INSERT INTO attempts (delivery_id, started_at) VALUES (?, ?)", (due.delivery, clock.to_text(now))
    ).lastrowid
    return Claim(
        delivery=due.delivery,
        attempt=int(attempt or 0),
        token=token,
        attempts=due.attempts + 1,
        reference=due.reference,
        purpose=due.purpose,
        audience=due.audience,
        site=due.site,
        address=due.address,
        message_id=due.message_id,
        repeat=bool(due.repeat),
        body=due.body,
    )


OPEN = "deliveries.state = 'sending' AND deliveries.state NOT IN ('sent', 'cancelled')"  # names the index to use
LAST_ATTEMPT = "(SELECT id FROM attempts WHERE delivery_id = ? ORDER BY id DESC LIMIT 1)"  # read from the end


def release_open_claims(db: Database, *, wait: timedelta, now: datetime) -> int:
    """Gives every open claim back to the queue, as ambiguous; how many.

    Only while holding the forwarder's lock: then whoever made them is dead.
    """
    if db.execute(f"SELECT 1 FROM deliveries WHERE {OPEN}").fetchone() is None:
        return 0
    moment = clock.to_text(now)
    with immediate(db):
        open_claims = db.execute(
            "SELECT deliveries.id, reference, audience_id, attempts FROM deliveries"
            f" LEFT JOIN reports ON reports.id = report_id WHERE {OPEN}"
        ).fetchall()
        for delivery, reference, audience, attempts in open_claims:
            db.execute(
                f"UPDATE attempts SET ended_at = ?, outcome = 'crashed' WHERE id = {LAST_ATTEMPT} AND ended_at IS NULL",
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
