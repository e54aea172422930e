"""Outbox deliveries: queued → sending → sent, or back to queued, or held.

At least once, same identity: bytes and Message-ID never change. A report and its additions leave only by a recorded 2xx
to the final dot; a mail with a condition is cancelled when the condition, or its moment, has ended. See also claims.py
and outcomes.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.handling import ReportState
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import bodies
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_digests import RowDigests

HOUR = timedelta(hours=1)
ENDED_COLUMNS = "head = x'', body_id = NULL, claim = NULL, last_words = ''"  # of a delivery that is sent or cancelled


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """``head`` and ``body``: the final bytes; the body is stored once for all audiences that share it.

    ``only_while``: condition under which the mail may leave; ``not_after``: until when. ``alone``: how many mails about
    reports leave alone to one audience in an hour, the others in digests (digests.py); 0 for all.

    Raises ValueError if the condition does not fit the purpose, or for a moment without a condition.
    """

    audience: str
    message_id: str
    body: bytes
    purpose: Purpose = Purpose.REPORT
    only_while: OnlyWhile | None = None
    not_after: datetime | None = None
    head: bytes = b""
    alone: int = 0

    def __post_init__(self) -> None:
        if self.only_while not in (self.purpose.only_while or (None,)):
            raise ValueError(f"a mail of the purpose «{self.purpose}» cannot depend on «{self.only_while}»")
        if self.not_after and not self.only_while:
            raise ValueError(f"a mail of the purpose «{self.purpose}» is always sent, however late")


def enqueue(
    db: Database, deliveries: Sequence[NewDelivery], *, report_id: int | None, site: str, now: datetime
) -> list[int]:
    """Inside the caller's transaction. A mail with a condition replaces an unsent one of its purpose and audience."""
    stored = bodies.add(db, [delivery.body for delivery in deliveries])
    return [
        _enqueue(db, delivery, body, report_id=report_id, site=site, now=now)
        for delivery, body in zip(deliveries, stored, strict=True)
    ]


def _enqueue(db: Database, delivery: NewDelivery, body: int, *, report_id: int | None, site: str, now: datetime) -> int:
    moment = clock.to_text(now)
    if delivery.only_while:
        earlier = {"report": report_id, "audience": delivery.audience, "purpose": delivery.purpose}
        _cancel(db, f"{WAITING} AND {SAME_REMINDER}", earlier, now)
    row = {
        "report_id": report_id,
        "site_id": site,
        "audience_id": delivery.audience,
        "purpose": delivery.purpose,
        "only_while": delivery.only_while,
        "not_after": clock.to_text(delivery.not_after) if delivery.not_after else None,
        "message_id": delivery.message_id,
        "head": delivery.head,
        "body_id": body,
        "state": "queued",
        "way": _way(db, delivery, now) if report_id else "alone",
        "created_at": moment,
        "next_attempt_at": moment,
    }
    cursor = db.execute(f"INSERT INTO deliveries ({', '.join(row)}) VALUES (:{', :'.join(row)})", row)
    return int(cursor.lastrowid or 0)


def _way(db: Database, delivery: NewDelivery, now: datetime) -> str:
    """The first reports of a rolling hour leave alone, and a fifth as many others, as long as all are so few."""
    alone = delivery.alone
    if not alone:
        return "alone"
    if delivery.purpose is Purpose.REPORT:
        is_flood = _are_in_the_hour(db, delivery, now, "purpose = 'report'", alone)
    else:
        is_flood = _are_in_the_hour(db, delivery, now, "purpose != 'report'", alone // 5)
        is_flood = is_flood or _are_in_the_hour(db, delivery, now, "TRUE", alone)
    return "digest" if is_flood else "alone"


def _are_in_the_hour(db: Database, delivery: NewDelivery, now: datetime, which: str, count: int) -> bool:
    """True if so many mails about reports were queued for the audience in the last hour."""
    values = {"audience": delivery.audience, "since": clock.to_text(now - HOUR), "now": clock.to_text(now)}
    found = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_to_audience WHERE audience_id = :audience"
        f" AND created_at > :since AND created_at <= :now AND report_id IS NOT NULL AND {which} LIMIT :count)",
        {**values, "count": count},
    )
    return bool(found.fetchone()[0] >= count)


def submit_test(db: Database, delivery: NewDelivery, *, site: str, actor: str, now: datetime) -> int:
    """Queue a mail without a report, with its event, in one commit; returns its id."""
    with immediate(db):
        (number,) = enqueue(db, [delivery], report_id=None, site=site, now=now)
        events.append(db, [Event(action="test_mail", actor=actor, detail={"audience": delivery.audience})], now)
    return number


# Only a delivery with a condition can be void (see kiosk/domain/purposes.py).
WAITING = "deliveries.state IN ('queued', 'held')"
DECIDED = (  # nobody has to decide about a report that was hidden
    "(hidden_as IS NOT NULL OR EXISTS"
    " (SELECT 1 FROM breaches WHERE breaches.report_id = reports.id AND decision IS NOT NULL))"
)
ENDED = (
    f"CASE only_while WHEN '{OnlyWhile.UNDECIDED}' THEN {DECIDED}"
    f" WHEN '{OnlyWhile.HANDLED}' THEN reports.state = '{ReportState.OPEN}' ELSE only_while != reports.state END"
)
VOID = f"{WAITING} AND ({ENDED} OR not_after < :now)"
SAME_REMINDER = "report_id = :report AND audience_id = :audience AND purpose = :purpose AND only_while IS NOT NULL"


def cancel_void(db: Database, report_id: int, now: datetime) -> int:
    """Inside the caller's transaction, after a change of the report's state; returns the count."""
    return _cancel(db, f"deliveries.report_id = :report AND {VOID}", {"report": report_id}, now)


def cancel_waiting_for_an_answer(db: Database, report_id: int, now: datetime) -> int:
    """Inside the caller's transaction: cancel unsent mails that ask for an answer; returns the count.

    Mails about a breach are cancelled only once it is decided; news of an act ask for nothing.
    """
    asks = f"only_while IN ('{OnlyWhile.OPEN}', '{OnlyWhile.ACKNOWLEDGED}')"
    return _cancel(
        db, f"deliveries.report_id = :report AND {WAITING} AND ({asks} OR {ENDED})", {"report": report_id}, now
    )


def cancel_if_void(db: Database, delivery: int, now: datetime) -> bool:
    """``cancel_void`` for one delivery."""
    return _cancel(db, f"deliveries.id = :delivery AND {VOID}", {"delivery": delivery}, now) == 1


def cancel_void_for_digest(db: Database, audience: str, now: datetime) -> int:
    """``cancel_void`` for the mails that wait for an audience's digest, in one commit; returns the count."""
    waits = f"audience_id = :audience AND deliveries.state = 'queued' AND way != 'alone' AND {VOID}"
    found = f"SELECT 1 FROM deliveries JOIN reports ON reports.id = report_id WHERE {waits} LIMIT 1"
    values = {"audience": audience, "now": clock.to_text(now)}
    if db.execute(found, values).fetchone() is None:
        return 0
    with immediate(db):
        return _cancel(db, waits, {"audience": audience}, now)


def _cancel(db: Database, where: str, values: Mapping[str, str | int | None], now: datetime) -> int:
    void = db.execute(
        "SELECT deliveries.id, body_id, reference, audience_id, purpose FROM deliveries"
        f" JOIN reports ON reports.id = report_id WHERE {where}",
        {**values, "now": clock.to_text(now)},
    ).fetchall()
    for delivery, body, reference, audience, purpose in void:
        db.execute(f"UPDATE deliveries SET state = 'cancelled', {ENDED_COLUMNS} WHERE id = ?", (delivery,))
        bodies.erase_unused(db, [body])
        detail = {"audience": audience, "purpose": purpose}
        cancelled = Event(action="delivery_cancelled", reference=reference, detail=detail)
        events.append(db, [row_digests.storing(cancelled, ended(delivery, "cancelled"))], now)
    return len(void)


def ended(delivery: int, state: str, sent_at: str | None = None) -> RowDigests:
    """Digests of a delivery that is sent or cancelled, for the event of the same commit."""
    digest = row_digests.TABLES["deliveries"].clear_digest("ended", (state, sent_at))
    return {f"deliveries {delivery}": {"ended": digest, "body": None}}


def retry_now(db: Database, *, reference: str | None, actor: str, now: datetime) -> int:
    """Make held and waiting deliveries (of one report, or all) due and lift the relay's pause; the count."""
    own = "SELECT id FROM reports WHERE reference = :reference"
    where = (
        f"state IN ('held', 'queued') AND attempts > 0 AND (:reference IS NULL OR report_id = ({own})"
        f" OR id IN (SELECT digest_id FROM deliveries WHERE report_id = ({own})))"
    )
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


def count_waiting(db: Database) -> int:
    """Undelivered mails; those in a digest one by one."""
    waiting = "state NOT IN ('sent', 'cancelled') AND purpose != 'digest'"
    count: int = db.execute(f"SELECT count(*) FROM deliveries WHERE {waiting}").fetchone()[0]
    return count


def state_of(db: Database, delivery: int) -> tuple[DeliveryState, str]:
    """State and the relay's last answer: its words as long as they are kept."""
    row = db.execute("SELECT state, last_reply, last_words FROM deliveries WHERE id = ?", (delivery,)).fetchone()
    return DeliveryState(row[0]), row[2] or row[1]


PAST = f"{WAITING} AND not_after < :now"
CANCELLED_AT_ONCE = 50  # deliveries in one commit


def cancel_past(db: Database, now: datetime) -> int:
    """Cancel unsent mails whose moment has passed, also while no relay takes any. One commit of a bounded number."""
    if db.execute(f"SELECT 1 FROM deliveries WHERE {PAST} LIMIT 1", {"now": clock.to_text(now)}).fetchone() is None:
        return 0
    with immediate(db):
        return _cancel(db, f"{PAST} ORDER BY not_after LIMIT {CANCELLED_AT_ONCE}", {}, now)
