"""A mail that makes sense only while its report is in some state does not leave once it no longer is."""

import dataclasses
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import claims, deliveries, outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.claims import Turn
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.reports import submissions
from kiosk.store.trace.events import Event
from tests.build import NOON, a_delivery, a_new_report, claim, store

REFERENCE = "7K4-92Q-MX3"
LATER = Ending("deferred", "rcpt", "450 later")
REFUSED = Ending("refused", "rcpt", "550 no such user")
ESCALATION = NewDelivery("dpo", "<escalation@kiosk.invalid>", b"x\r\n", Purpose.ESCALATION, OnlyWhile.OPEN)


def store_escalated(db: Database, *others: NewDelivery) -> None:
    """A report whose only waiting mails are an escalation and the others."""
    received = Event(action="report_received", reference="7K4-92Q-MX3")
    submissions.submit(db, a_new_report(), [ESCALATION, *others], [received], NOON)


def acknowledge(db: Database) -> int:
    with immediate(db):
        db.execute("UPDATE reports SET state = 'acknowledged' WHERE reference = '7K4-92Q-MX3'")
        report_id = db.execute("SELECT id FROM reports WHERE reference = '7K4-92Q-MX3'").fetchone()[0]
    return int(report_id)


def cancel_void(db: Database, report_id: int) -> int:
    with immediate(db):
        return deliveries.cancel_void(db, report_id, NOON)


def states(db: Database) -> dict[str, str]:
    return dict(db.execute("SELECT audience_id, state FROM deliveries").fetchall())


def told(db: Database) -> list[tuple[str, str | None, str]]:
    found = db.execute("SELECT action, reference, detail FROM events WHERE action = 'delivery_cancelled'")
    return [(action, reference, detail) for action, reference, detail in found]


CANCELLED = ("delivery_cancelled", "7K4-92Q-MX3", '{"audience": "dpo", "purpose": "escalation"}')


def test_an_escalation_leaves_while_nobody_has_acknowledged(db: Database) -> None:
    store_escalated(db)
    assert claim(db).audience == "dpo"


def test_an_escalation_of_an_acknowledged_report_is_cancelled_and_the_next_mail_goes_out(db: Database) -> None:
    store_escalated(db, a_delivery())
    acknowledge(db)
    assert claim(db).audience == "mssi"
    assert states(db) == {"dpo": "cancelled", "mssi": "sending"}
    assert told(db) == [CANCELLED]
    assert db["bodies"].count == 1


def test_a_reminder_is_cancelled_after_its_moment_and_not_before(db: Database) -> None:
    reminder = NewDelivery("dpo", "<r@kiosk.invalid>", b"x\r\n", Purpose.REMINDER, OnlyWhile.OPEN, NOON)
    submissions.submit(db, a_new_report(), [reminder], [Event(action="report_received", reference=REFERENCE)], NOON)
    outcomes.record_deferred(db, claim(db, NOON), LATER, next_attempt_at=NOON, now=NOON)
    assert claims.claim_next(db, Turn(), NOON + timedelta(seconds=1)) is None
    assert states(db) == {"dpo": "cancelled"}


def test_what_is_always_sent_has_no_last_moment() -> None:
    with pytest.raises(ValueError, match="however late"):
        NewDelivery("dpo", "<r@kiosk.invalid>", b"x\r\n", not_after=NOON)


def test_a_newer_reminder_replaces_the_one_that_waits_and_no_other_mail(db: Database) -> None:
    store_escalated(db, a_delivery(), a_delivery(audience="manager"))
    newer = dataclasses.replace(ESCALATION, message_id="<newer@kiosk.invalid>")
    with immediate(db):
        deliveries.enqueue(db, [newer], report_id=1, site="siege", now=NOON)
    found = db.execute("SELECT audience_id, state FROM deliveries ORDER BY id").fetchall()
    assert found == [("dpo", "cancelled"), ("mssi", "queued"), ("manager", "queued"), ("dpo", "queued")]
    assert told(db) == [CANCELLED]


def test_an_escalation_that_is_the_only_mail_is_cancelled_too(db: Database) -> None:
    store_escalated(db)
    acknowledge(db)
    assert claims.claim_next(db, Turn(), NOON) is None
    assert states(db) == {"dpo": "cancelled"}
    assert (db["attempts"].count, db["bodies"].count) == (0, 0)
    assert undelivered(db) == []


def test_an_escalation_that_was_put_off_is_cancelled_instead_of_tried_again(db: Database) -> None:
    store_escalated(db)
    outcomes.record_deferred(db, claim(db), LATER, next_attempt_at=NOON, now=NOON)
    acknowledge(db)
    assert claims.claim_next(db, Turn(), NOON) is None
    assert told(db) == [CANCELLED]


@pytest.mark.parametrize("is_held", [False, True])
def test_acknowledging_cancels_what_waits_or_is_held_at_once(db: Database, is_held: bool) -> None:
    store_escalated(db)
    if is_held:
        outcomes.record_held(db, claim(db), REFUSED, NOON)
    assert cancel_void(db, acknowledge(db)) == 1
    assert (states(db), told(db)) == ({"dpo": "cancelled"}, [CANCELLED])
    assert db["bodies"].count == 0
    assert cancel_void(db, 1) == 0


def test_acknowledging_touches_neither_other_mails_nor_other_reports(db: Database) -> None:
    store_escalated(db, a_delivery())
    store(db, "manager", reference="000-000-000")
    report_id = acknowledge(db)
    assert cancel_void(db, report_id) == 1
    assert states(db) == {"dpo": "cancelled", "mssi": "queued", "manager": "queued"}


def test_a_mail_under_way_is_left_alone_and_its_250_counts(db: Database) -> None:
    store_escalated(db)
    under_way = claim(db)
    assert cancel_void(db, acknowledge(db)) == 0
    outcomes.record_sent(db, under_way, Ending("sent", "dot", "250 ok"), NOON)
    assert states(db) == {"dpo": "sent"}


def test_a_mail_that_is_refused_after_it_became_void_is_not_held(db: Database) -> None:
    store_escalated(db)
    under_way = claim(db)
    acknowledge(db)
    assert outcomes.record_held(db, under_way, REFUSED, NOON)
    assert states(db) == {"dpo": "cancelled"}


def test_a_late_250_does_not_bring_a_cancelled_mail_back(db: Database) -> None:
    store_escalated(db)
    stale = claim(db)
    outcomes.record_deferred(db, stale, LATER, next_attempt_at=NOON, now=NOON)
    cancel_void(db, acknowledge(db))
    outcomes.record_sent(db, stale, Ending("sent", "dot", "250 ok"), NOON)
    assert states(db) == {"dpo": "cancelled"}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_mail_depends_on_a_condition_of_its_purpose_or_on_none_where_it_has_none(purpose: Purpose) -> None:
    allowed = set[OnlyWhile | None]()
    for condition in (*OnlyWhile, None):
        with suppress(ValueError):
            NewDelivery("mssi", "<1@kiosk.invalid>", b"x\r\n", purpose, condition)
            allowed.add(condition)
    assert allowed == set(purpose.only_while or [None])


def test_a_moment_that_has_passed_cancels_what_waits_without_its_turn(db: Database) -> None:
    """No relay takes a mail, so that none has its turn."""
    reminders = [
        NewDelivery(audience, f"<{audience}@kiosk.invalid>", b"x\r\n", Purpose.REMINDER, OnlyWhile.OPEN, ends)
        for audience, ends in (("dpo", NOON), ("manager", NOON + timedelta(hours=1)))
    ]
    store_escalated(db, a_delivery(), *reminders)
    assert deliveries.cancel_past(db, NOON) == 0
    assert deliveries.cancel_past(db, NOON + timedelta(seconds=1)) == 1
    assert [row[0] for row in db.execute("SELECT state FROM deliveries ORDER BY id")] == [
        "queued",
        "queued",
        "cancelled",
        "queued",
    ]
    assert told(db) == [("delivery_cancelled", REFERENCE, '{"audience": "dpo", "purpose": "reminder"}')]
    assert deliveries.cancel_past(db, NOON + timedelta(seconds=1)) == 0


def test_what_has_passed_is_cancelled_in_commits_of_bounded_size(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "CANCELLED_AT_ONCE", 2)
    reminders = [
        NewDelivery(audience, f"<{audience}@kiosk.invalid>", b"x\r\n", Purpose.REMINDER, OnlyWhile.OPEN, NOON)
        for audience in ("dpo", "manager", "mssi")
    ]
    store_escalated(db, *reminders)
    assert [deliveries.cancel_past(db, NOON + timedelta(hours=1)) for _ in range(3)] == [2, 1, 0]


def test_a_reminder_of_a_breach_is_cancelled_with_a_report_that_is_hidden(db: Database) -> None:
    reminder = NewDelivery("dpo", "<b@kiosk.invalid>", b"x\r\n", Purpose.BREACH, OnlyWhile.UNDECIDED)
    store_escalated(db, reminder)
    with immediate(db):
        assert deliveries.cancel_waiting_for_an_answer(db, 1, NOON) == 1
        assert deliveries.cancel_void(db, 1, NOON) == 0
        db.execute("UPDATE reports SET state = 'closed', hidden_as = 'spam'")
        assert deliveries.cancel_waiting_for_an_answer(db, 1, NOON) == 1


def test_news_that_a_report_is_taken_is_cancelled_when_it_is_to_be_taken_again_and_not_when_it_is_closed(
    db: Database,
) -> None:
    news = NewDelivery("dpo", "<t@kiosk.invalid>", b"x\r\n", Purpose.TAKEN, OnlyWhile.HANDLED)
    received = Event(action="report_received", reference=REFERENCE)
    submissions.submit(db, a_new_report(), [news], [received], NOON)
    for state, ended in (("acknowledged", 0), ("closed", 0), ("open", 1)):
        with immediate(db):
            db.execute("UPDATE reports SET state = ?", (state,))
            assert deliveries.cancel_waiting_for_an_answer(db, 1, NOON) + deliveries.cancel_void(db, 1, NOON) == ended
    assert told(db) == [("delivery_cancelled", REFERENCE, '{"audience": "dpo", "purpose": "taken"}')]
