"""Held mails: for the relay's reason they are tried again by themselves, for their own they wait for a person."""

import pytest

from kiosk.config import Settings
from kiosk.domain.delivery_states import HeldFor
from kiosk.store.trace.events import first_break
from tests.build import store
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer

FIRST, SECOND = "000-000-000", "000-000-001"
RELAYS = {
    "quota": ("dot", "552 5.2.2 over quota"),
    "daily limit": ("rcpt", "550 5.4.5 daily limit exceeded"),
    "rights of the sender": ("dot", "550 5.7.60 not allowed to send as this sender"),
    "sender denied": ("mail", "550 5.1.0 sender denied"),
    "sender unknown": ("mail", "550 5.1.8 bad sender"),
    "greeting": ("rcpt", "504 5.5.2 need a fully qualified name"),
    "without a status": ("rcpt", "550 go away"),
}
ADDRESS = ("rcpt", "550 5.1.1 no such user")
ITS_OWN = {"size": ("dot", "552 5.3.4 too big"), "form": ("dot", "554 5.6.0 malformed")}

relays = pytest.mark.parametrize(("step", "answer"), RELAYS.values(), ids=RELAYS)


def held_for(hand: Hand) -> list[str | None]:
    return [row[0] for row in hand.db.execute("SELECT held_for FROM deliveries WHERE state = 'held'")]


@relays
def test_what_the_relay_refused_for_its_own_reason_is_tried_once_a_day(
    settings: Settings, step: str, answer: str
) -> None:
    with FaultServer(answers={step: answer.encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        assert hand.deliver_all() == 0
        assert held_for(hand) == [HeldFor.RELAY]
        asked = len(relay.commands)
        hand.wait(hours=23)
        hand.deliver_all()
        assert len(relay.commands) == asked
        hand.wait(hours=2)
        hand.deliver_all()
        assert (hand.count("held"), len(relay.commands) > asked) == (1, True)
        relay.answers |= RIGHT_ANSWERS
        hand.wait(hours=25)
        assert hand.deliver_all() == 1
        assert first_break(hand.db) is None


@pytest.mark.parametrize(("step", "answer"), [*RELAYS.values(), ADDRESS])
def test_it_is_tried_when_the_relay_has_taken_a_later_mail_to_the_same_address(
    settings: Settings, step: str, answer: str
) -> None:
    with FaultServer(answers={step: answer.encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db, "mssi", "dpo", reference=FIRST)
        hand.deliver_all()
        assert hand.count("held") == 2
        relay.answers |= RIGHT_ANSWERS
        store(hand.db, "mssi", reference=SECOND)
        assert hand.deliver_all() == 2
        assert hand.db.execute("SELECT audience_id FROM deliveries WHERE state = 'held'").fetchall() == [("dpo",)]
        assert hand.actions().count("held_released") == 1


def test_what_a_wrong_address_held_leaves_when_a_mail_to_the_right_one_was_taken(settings: Settings) -> None:
    with FaultServer(answers={"rcpt": ADDRESS[1].encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db, reference=FIRST)
        hand.deliver_all()
        assert held_for(hand) == [HeldFor.ADDRESS]
        relay.answers |= RIGHT_ANSWERS
        hand.wait(days=8)
        assert hand.deliver_all() == 0
        hand.db.execute("UPDATE audiences SET address = 'right@cpam.example' WHERE id = 'mssi'")
        store(hand.db, reference=SECOND, now=hand.moment)
        assert hand.deliver_all() == 2


@pytest.mark.parametrize(("step", "answer"), ITS_OWN.values(), ids=ITS_OWN)
def test_what_is_held_for_its_bytes_waits_for_a_person(settings: Settings, step: str, answer: str) -> None:
    with FaultServer(answers={step: answer.encode()}) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db, reference=FIRST)
        hand.deliver_all()
        relay.answers |= RIGHT_ANSWERS
        hand.wait(days=8)
        store(hand.db, reference=SECOND, now=hand.moment)
        assert hand.deliver_all() == 1
        assert held_for(hand) == [HeldFor.MAIL]


def test_a_mail_that_is_too_large_for_the_relay_is_held_for_its_bytes(settings: Settings) -> None:
    with FaultServer(extensions=("SIZE 10",)) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver_all()
        assert held_for(hand) == [HeldFor.MAIL]
