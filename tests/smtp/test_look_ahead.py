"""While the relay is at a mail the next one is fetched: quicker, and never other than what the queue says by then."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk.config import Settings
from kiosk.delivery import step
from kiosk.store.base.connection import open_database
from kiosk.store.outbox import claims
from tests.build import store
from tests.processes import Inbox
from tests.smtp.courier import hand_to
from tests.smtp.relay import FaultServer

FIRST, SECOND, THIRD = (f"000-000-00{number}" for number in range(3))


class BusyInbox(Inbox):
    """Something happens to the queue while it is at its first mail, after the next one was fetched."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self._happens: list[Callable[[], None]] = [happens]
        self.is_fetched: Callable[[], bool] = lambda: True

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        while self._happens:
            if self.is_fetched():
                self._happens.pop()()
            await asyncio.sleep(0.001)  # the courier's patience with this attempt is the deadline
        return await super().handle_DATA(server, session, envelope)


def deliver_three(settings: Settings, statement: str) -> list[str]:
    """The order in which the mails came, when ``statement`` ran after the second one was fetched."""

    def happens() -> None:
        with open_database(settings.database) as db:
            db.execute("BEGIN")
            db.execute(statement)
            db.conn.commit()

    with BusyInbox(happens) as inbox, hand_to(settings, inbox.port) as hand:
        inbox.is_fetched = lambda: hand.courier.ahead is not None
        for reference in (FIRST, SECOND, THIRD):
            store(hand.db, reference=reference)
        hand.deliver_all()
        rows = hand.db.execute(
            "SELECT reference FROM deliveries JOIN reports ON reports.id = report_id WHERE sent_at IS NOT NULL"
            " ORDER BY (SELECT min(attempts.id) FROM attempts WHERE delivery_id = deliveries.id)"
        )
        return [row[0] for row in rows]


def test_the_mail_that_was_fetched_is_the_next_one(settings: Settings) -> None:
    assert deliver_three(settings, "SELECT 1") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE deliveries SET state = 'held' WHERE id = 2",
        "UPDATE deliveries SET state = 'sending', claim = 'x' WHERE id = 2",
        "UPDATE deliveries SET purpose = 'escalation', only_while = 'open', state = 'cancelled' WHERE id = 2",
    ],
)
def test_a_mail_that_was_fetched_and_is_no_longer_due_is_left_where_it_is(settings: Settings, change: str) -> None:
    assert deliver_three(settings, change) == [FIRST, THIRD]


def test_a_mail_that_becomes_void_after_it_was_fetched_does_not_leave(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        for reference in (FIRST, SECOND):
            store(hand.db, reference=reference)
        hand.db.execute("UPDATE deliveries SET purpose = 'reminder', only_while = 'acknowledged' WHERE id = 2")
        hand.db.conn.commit()
        assert hand.deliver_all() == 1
        assert hand.count("cancelled") == 1


def test_an_address_that_is_corrected_while_the_relay_takes_its_time_holds_for_the_next_mail(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "FORESIGHT", 0.0)

    def correct() -> None:
        with open_database(settings.database) as db:
            db.execute("UPDATE audiences SET address = 'corrected@x.fr'")
            db.conn.commit()

    with BusyInbox(correct) as inbox, hand_to(settings, inbox.port) as hand:
        inbox.is_fetched = lambda: hand.courier.ahead is not None
        for reference in (FIRST, SECOND):
            store(hand.db, reference=reference)
        assert hand.deliver_all() == 2
        assert inbox.mails[1][0] == "corrected@x.fr"


def test_a_look_ahead_that_fails_costs_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise MemoryError

    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        for reference in (FIRST, SECOND):
            store(hand.db, reference=reference)
        with monkeypatch.context() as failing:
            claimed = claims.claim_next(hand.db, hand.courier.turn, hand.moment)
            hand.courier.claim = claimed
            failing.setattr(claims, "find_next", fail)
            failing.setattr(hand.courier.stop, "is_set", lambda: True)
            hand.deliver()
        assert hand.count("sent") == 1
        assert hand.deliver_all() == 1
        assert len(relay.taken) == 2
