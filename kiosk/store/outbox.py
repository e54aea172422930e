"""Deliveries and every move they may make: queued → sending → sent, or back to queued, or held.

At least once, same identity. A claim is committed before its MAIL FROM; the relay's 250 is recorded before the next
mail begins (the same commit may hold the next claim). A crash between the two leaves an open claim: it counts as
ambiguous (the relay may have the mail) and the very same bytes under the same Message-ID go out again, so the window
for a duplicate is: claimed, 250 not yet recorded; at most one mail is in it.
Nothing else sends twice, and nothing leaves the outbox but by a recorded 2xx to the final dot.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store import events
from kiosk.store.connection import immediate
from kiosk.store.events import Event

Values = dict[str, str | int]

LEASE = timedelta(minutes=15)  # longer than any attempt (12 minutes), so that a live sender is never overtaken
LONGEST_WAIT = timedelta(minutes=15)  # a later date than this can only come from a clock that jumped


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """``body`` is final: these bytes are sent, whatever happens; or ``only_while`` the report is in this state."""

    audience: str
    message_id: str
    body: bytes
    purpose: str = "report"
    only_while: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery, ours alone until the lease ends. ``repeat``: the relay may already have a copy."""

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


def enqueue(db: Database, delivery: NewDelivery, *, report_id: int | None, site: str, demo: bool, now: datetime) -> int:
    """Inside the caller's transaction."""
    moment = clock.to_text(now)
    cursor = db.execute(
        "INSERT INTO deliveries"
        " (report_id, site_id, audience_id, purpose, only_while, message_id, state, created_at, next_attempt_at, demo)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
        (
            report_id,
            site,
            delivery.audience,
            delivery.purpose,
            delivery.only_while,
            delivery.message_id,
            moment,
            moment,
            int(demo),
        ),
    )
    number = int(cursor.lastrowid or 0)
    db.execute("INSERT INTO bodies (delivery_id, bytes) VALUES (?, ?)", (number, delivery.body))
    return number


def submit_test(db: Database, delivery: NewDelivery, *, site: str, demo: bool, actor: str, now: datetime) -> int:
    """A mail that belongs to no report, with its event, in one commit; its number."""
    with immediate(db):
        number = enqueue(db, delivery, report_id=None, site=site, demo=demo, now=now)
        events.append(db, [Event(action="test_mail", actor=actor, detail={"audience": delivery.audience})], now)
    return number


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
    """What ``claim_next`` does, inside the caller's transaction."""
    found = _find(db, turn, now)
    return None if found is None else _claim(db, found, now)


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


def release_open_claims(db: Database, *, wait: timedelta, now: datetime, all_claims: bool) -> int:
    """Gives claims that nobody will end back to the queue, as ambiguous; how many.

    ``all_claims``: the caller holds the forwarder's lock, so that every open claim is a dead one; otherwise only those
    whose lease has run out (or lies further ahead than a lease can: the clock jumped).
    """
    moment, too_far = clock.to_text(now), clock.to_text(now + LEASE)
    where = "deliveries.state = 'sending' AND (:all OR lease_until < :now OR lease_until > :too_far)"
    due = {"all": all_claims, "now": moment, "too_far": too_far}
    if db.execute(f"SELECT 1 FROM deliveries WHERE {where}", due).fetchone() is None:
        return 0
    with immediate(db):
        open_claims = db.execute(
            "SELECT deliveries.id, reference, audience_id, attempts FROM deliveries"
            f" LEFT JOIN reports ON reports.id = report_id WHERE {where}",
            due,
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


def retry_now(db: Database, *, reference: str | None, actor: str, now: datetime) -> int:
    """Queues held and waiting deliveries (of one report, or all) for an attempt at once; how many."""
    where = "state IN ('held', 'queued') AND attempts > 0 AND (:reference IS NULL OR report_id ="
    where += " (SELECT id FROM reports WHERE reference = :reference))"
    with immediate(db):
        changed = db.execute(
            f"UPDATE deliveries SET state = 'queued', next_attempt_at = :now WHERE {where}",
            {"reference": reference, "now": clock.to_text(now)},
        ).rowcount
        db.execute("UPDATE relay SET next_try_at = ?", (clock.to_text(now),))
        if changed:
            events.append(
                db, [Event(action="retry_asked", actor=actor, reference=reference, detail={"count": changed})], now
            )
    return changed


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One line of the queue; ``next_attempt`` is None for a held delivery."""

    reference: str | None
    audience: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt: datetime | None
    last_reply: str
    demo: bool


def undelivered(db: Database, *, limit: int = -1) -> Sequence[Undelivered]:
    """What has not left yet, oldest first; no more than ``limit`` lines unless it is negative."""
    rows = db.execute(
        "SELECT reference, audience_id, deliveries.state, attempts, created_at, next_attempt_at, last_reply,"
        " deliveries.demo FROM deliveries LEFT JOIN reports ON reports.id = report_id"
        " WHERE deliveries.state NOT IN ('sent', 'cancelled') ORDER BY deliveries.id LIMIT ?",
        (limit,),
    )
    return [
        Undelivered(
            reference,
            audience,
            state,
            attempts,
            clock.from_text(created),
            None if state == "held" else clock.from_text(next_attempt),
            reply,
            bool(demo),
        )
        for reference, audience, state, attempts, created, next_attempt, reply, demo in rows
    ]


def state_of(db: Database, delivery: int) -> tuple[str, str]:
    """A delivery's state and the relay's last words about it."""
    row = db.execute("SELECT state, last_reply FROM deliveries WHERE id = ?", (delivery,)).fetchone()
    return row[0], row[1]
