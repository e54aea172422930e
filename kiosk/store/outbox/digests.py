"""Digests: mails about reports that wait for each other, one digest at a time for each audience.

A flood is grouped, never refused. What waits for a digest is chosen at its enqueuing (deliveries.py). A digest that was
not taken is dissolved, and what was in it waits for the next one; only while the relay may have it does it stay as it
is, so that its bytes are the same for every attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.store.base import rows
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import HOUR, NewDelivery
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event

COLLECTED_FOR = timedelta(minutes=1)  # the first mail of a digest waits for others
LONGEST_PAUSE = timedelta(hours=1)  # a later turn can only come from a clock that jumped
MOST_MAILS = 1000  # in one digest: some 100 ms in the commit that records its 250
WAITING = "deliveries.state = 'queued' AND way != 'alone'"
READY = f"{WAITING} AND (attempts = 0 OR next_attempt_at <= :now OR next_attempt_at > :too_far)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A mail for a digest, and the clear facts of its report. ``size``: bytes. ``listed``: without its text."""

    delivery: int
    purpose: Purpose
    reference: str
    severity: Severity
    kind: str
    kind_title: str
    site: str
    zone: str | None
    received_at: datetime
    size: int
    listed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """``head`` and ``opening``: what stands before the mails (digest_mail.py).

    ``whole``: those that it carries, in their order; ``listed``: those of which it tells the facts alone.
    """

    audience: str
    site: str
    message_id: str
    head: bytes
    opening: bytes
    whole: Sequence[int]
    listed: Sequence[int]


class _Changed(Exception):
    """A mail was cancelled, or has left, since it was read."""


def due(db: Database, now: datetime) -> list[str]:
    """Audiences whose next digest is due, with something to put into it. One in doubt keeps no other back."""
    found = db.execute(
        "SELECT id, next_at FROM audiences LEFT JOIN digest_turns ON audience_id = id WHERE address != ''"
        " AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY digests_under_way WHERE audience_id = audiences.id"
        " AND purpose = 'digest' AND state NOT IN ('sent', 'cancelled') AND ambiguous = 0)"
    ).fetchall()
    return [audience for audience, turn in found if _is_turn(turn, now) and _has_collected(db, audience, now)]


def _is_turn(turn: str | None, now: datetime) -> bool:
    return turn is None or not now < clock.from_text(turn) <= now + LONGEST_PAUSE


def _has_collected(db: Database, audience: str, now: datetime) -> bool:
    first = db.execute(
        f"SELECT created_at FROM deliveries WHERE audience_id = :audience AND {READY} ORDER BY id LIMIT 1",
        {"audience": audience, **_moments(now)},
    ).fetchone()
    return first is not None and not timedelta(0) <= now - clock.from_text(first[0]) < COLLECTED_FOR


def collected(db: Database, audience: str, now: datetime) -> list[Grouped]:
    """Mails for the next digest. Turns go round site, zone and kind: nothing waits behind a flood of another kind.

    Mails that have become void are cancelled first.
    """
    deliveries.cancel_void_for_digest(db, audience, now)
    chosen = (  # before the bodies are looked at: a sort would hold them all in memory
        "SELECT deliveries.id AS chosen,"
        " row_number() OVER (PARTITION BY r.site_id, zone, kind ORDER BY deliveries.id) AS turn,"
        " CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END AS rank"
        f" FROM deliveries JOIN reports r ON r.id = report_id WHERE audience_id = :audience AND {READY}"
        " ORDER BY turn, rank, chosen LIMIT :most"
    )
    found = db.execute(
        "SELECT d.id AS delivery, purpose, reference, severity, kind, kind_title, r.site_id AS site, zone, received_at,"
        f" length(head) + length(bytes) AS size, way = 'listed' AS listed FROM ({chosen})"
        " JOIN deliveries d ON d.id = chosen JOIN reports r ON r.id = report_id JOIN bodies ON bodies.id = body_id"
        " ORDER BY turn, rank, chosen",
        {"audience": audience, "most": MOST_MAILS, **_moments(now)},
    )
    return list(rows.every(found, Grouped))


def room(db: Database, audience: str, largest: int) -> int:
    """Bytes of mails in the next digest."""
    row = db.execute("SELECT halved FROM digest_turns WHERE audience_id = ?", (audience,)).fetchone()
    return largest >> row[0] if row else largest


def recent(db: Database, audience: str, now: datetime) -> int:
    """Reports of the last hour for this audience."""
    found = db.execute(
        "SELECT count(*) FROM deliveries INDEXED BY deliveries_to_audience WHERE audience_id = ? AND created_at > ?"
        " AND report_id IS NOT NULL AND purpose = 'report'",
        (audience, clock.to_text(now - HOUR)),
    )
    count: int = found.fetchone()[0]
    return count


def make(db: Database, new: NewDigest, now: datetime, *, next_at: datetime) -> bool:
    """Queue a digest, in one commit; False, with nothing changed, when one of its mails has changed meanwhile."""
    mail = NewDelivery(new.audience, new.message_id, new.opening, Purpose.DIGEST, head=new.head)
    try:
        with immediate(db):
            (digest,) = deliveries.enqueue(db, [mail], report_id=None, site=new.site, now=now)
            for place, delivery in [*enumerate(new.whole), *((None, each) for each in new.listed)]:
                _put_in(db, delivery, digest, place)
            _set_turn(db, new.audience, next_at)
            detail = {"audience": new.audience, "mails": len(new.whole), "listed": len(new.listed)}
            made = Event(action="digest_made", detail=detail)
            events.append(db, [row_digests.storing(made, row_digests.of_row(db, "deliveries", digest))], now)
    except _Changed:
        return False
    return True


def _put_in(db: Database, delivery: int, digest: int, place: int | None) -> None:
    changed = db.execute(
        f"UPDATE deliveries SET state = 'in_digest', digest_id = ?, digest_place = ? WHERE id = ? AND {WAITING}",
        (digest, place, delivery),
    ).rowcount
    if changed != 1:
        raise _Changed


def let_alone(db: Database, audience: str, mails: Sequence[int], *, next_at: datetime) -> None:
    """They leave alone, in the place of a digest."""
    with immediate(db):
        for delivery in mails:
            db.execute(f"UPDATE deliveries SET way = 'alone' WHERE id = ? AND {WAITING}", (delivery,))
        _set_turn(db, audience, next_at)


def _set_turn(db: Database, audience: str, next_at: datetime) -> None:
    db.execute(
        "INSERT INTO digest_turns (audience_id, next_at) VALUES (?, ?)"
        " ON CONFLICT (audience_id) DO UPDATE SET next_at = excluded.next_at",
        (audience, clock.to_text(next_at)),
    )


def next_moments(db: Database) -> dict[str, datetime]:
    """Earliest moment of the next digest of each audience for which a mail waits."""
    found = db.execute(
        "SELECT audience_id, min(created_at), next_at FROM deliveries LEFT JOIN digest_turns USING (audience_id)"
        f" WHERE {WAITING} GROUP BY audience_id"
    )
    return {
        audience: max(clock.from_text(first) + COLLECTED_FOR, clock.from_text(turn or first))
        for audience, first, turn in found
    }


def _moments(now: datetime) -> dict[str, str]:
    return {"now": clock.to_text(now), "too_far": clock.to_text(now + LONGEST_PAUSE)}
