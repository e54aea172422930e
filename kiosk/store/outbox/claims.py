"""Outbox: claiming the next delivery.

A claim is committed before MAIL FROM, and the relay's 250 is recorded before the next mail begins (that commit may hold
the next claim). A crash in between leaves an open claim, which counts as ambiguous: the same bytes are sent again under
the same Message-ID. So a crash can duplicate at most one mail, or one digest, of each connection
(kiosk/delivery/senders.py): claimed, 250 not recorded.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries, digest_mail
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

Values = dict[str, str | int]

LONGEST_WAIT = timedelta(minutes=15)  # a later time can only come from a clock that jumped


@dataclass(frozen=True, slots=True)
class Claim:
    """``repeat``: the relay may have a copy; ``purpose``: a ``Purpose``; ``bodies``: what the mail is made of."""

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
    bodies: tuple[int, ...]

    @property
    def is_digest(self) -> bool:
        return self.purpose == Purpose.DIGEST


@dataclass(frozen=True, slots=True)
class Turn:
    """Fair order: first attempts and retries alternate, and so do sites (``after_site``: the last one served).

    Neither many failing mails nor a flood of new ones, at any site, delays a mail by more than one attempt.
    """

    retries_first: bool = False
    after_site: str = ""

    def after(self, claim: Claim | None) -> "Turn":
        return Turn(not self.retries_first, claim.site if claim else self.after_site)


class NextDelivery(NamedTuple):
    """A due delivery, unclaimed. ``only_while``: an ``OnlyWhile`` that may no longer hold."""

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
    bodies: tuple[int, ...]


DUE = (
    "SELECT * FROM (SELECT deliveries.id, only_while, attempts, reference, purpose, audience_id, deliveries.site_id,"
    " address, message_id, ambiguous > 0, head, bytes, body_id FROM deliveries"
    " CROSS JOIN audiences ON audiences.id = audience_id CROSS JOIN bodies ON bodies.id = body_id"
    " LEFT JOIN reports ON reports.id = report_id"
    " WHERE deliveries.state = 'queued' AND way = 'alone' AND address != ''"
)
FRESH = DUE + (
    " AND attempts = 0 AND deliveries.site_id > {after_site} ORDER BY deliveries.site_id, deliveries.id LIMIT 1)"
)
AGAIN = DUE + (
    " AND attempts > 0 AND (next_attempt_at <= :now OR next_attempt_at > :too_far) ORDER BY next_attempt_at LIMIT 1)"
)
FIRST_ATTEMPTS = (FRESH.format(after_site=":after_site"), FRESH.format(after_site="''"))
# SQLite runs the parts in order and stops at the first row.
RETRIES_FIRST = " UNION ALL ".join((AGAIN, *FIRST_ATTEMPTS)) + " LIMIT 1"
RETRIES_LAST = " UNION ALL ".join((*FIRST_ATTEMPTS, AGAIN)) + " LIMIT 1"


def claim_next(db: Database, turn: Turn, now: datetime) -> Claim | None:
    """Claim the next due delivery and write its attempt, in one commit; None if nothing is due.

    Oldest first within a site. Deliveries to an audience without an address wait.
    """
    due = find_next(db, turn, now)
    if due is None:  # do not take the write lock if nothing is due
        return None
    with immediate(db):
        return claim_within(db, turn, now, found=due)


def claim_within(db: Database, turn: Turn, now: datetime, *, found: NextDelivery | None = None) -> Claim | None:
    """``claim_next`` inside the caller's transaction, ``found`` first; cancels void deliveries."""
    due = found or find_next(db, turn, now)
    while due:
        is_void = due.only_while is not None and deliveries.cancel_if_void(db, due.delivery, now)
        claim = None if is_void else _claim(db, due, now)
        if claim:
            return claim
        due = find_next(db, turn, now)
    return None


def find_next(db: Database, turn: Turn, now: datetime) -> NextDelivery | None:
    """Read only."""
    values: Values = {
        "after_site": turn.after_site,
        "now": clock.to_text(now),
        "too_far": clock.to_text(now + LONGEST_WAIT),
    }
    row = db.execute(RETRIES_FIRST if turn.retries_first else RETRIES_LAST, values).fetchone()
    if row is None:
        return None
    *told, head, text, body = row
    whole: tuple[Any, ...] = (*told, head + text, (body,))
    due = NextDelivery(*whole)
    return _with_parts(db, due) if due.purpose == Purpose.DIGEST else due


def _with_parts(db: Database, digest: NextDelivery) -> NextDelivery:
    body, bodies = digest_mail.assembled(db, digest.delivery, digest.body)
    return digest._replace(body=body, bodies=(*digest.bodies, *bodies))


def _claim(db: Database, due: NextDelivery, now: datetime) -> Claim | None:
    """Compare-and-set: None if the delivery changed since it was found."""
    token = secrets.token_hex(8)
    changed = db.execute(
        "UPDATE deliveries SET state = 'sending', claim = ?, attempts = ?"
        " WHERE id = ? AND state = 'queued' AND attempts = ?",
        (token, due.attempts + 1, due.delivery, due.attempts),
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
        bodies=due.bodies,
    )


OPEN = "deliveries.state = 'sending' AND deliveries.state NOT IN ('sent', 'cancelled')"  # selects the partial index
LAST_ATTEMPT = "(SELECT id FROM attempts WHERE delivery_id = ? ORDER BY id DESC LIMIT 1)"  # scans from the end


def release_open_claims(db: Database, *, wait: timedelta, now: datetime) -> int:
    """Return open claims to the queue as ambiguous; returns the count.

    Only with the forwarder's lock: their owner is dead.
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
                "UPDATE deliveries SET state = 'queued', claim = NULL, ambiguous = ambiguous + 1,"
                " next_attempt_at = ? WHERE id = ?",
                (clock.to_text(now + wait), delivery),
            )
            detail = {"audience": audience, "attempts": attempts, "cause": "crash"}
            events.append(db, [Event(action="delivery_ambiguous", reference=reference, detail=detail)], now)
    return len(open_claims)
