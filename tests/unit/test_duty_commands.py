"""What somebody on duty reads in a terminal: why a mail waits, when it is tried, and whom nobody can tell."""

import dataclasses
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.queue import as_table, retry_now
from kiosk.commands.trial_mail import send_test_mails
from kiosk.config import Security, Settings, Smtp
from kiosk.domain.purposes import Purpose, Scope
from kiosk.domain.troubles.running import AUDIENCE
from kiosk.errors import KioskError
from kiosk.store.outbox import deliveries, outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.relay import relay_state
from kiosk.store.outbox.undelivered import undelivered
from kiosk.watch import check
from tests.build import NOON, claim, store
from tests.processes import Inbox, free_port


def sending_to(settings: Settings, port: int) -> Settings:
    return dataclasses.replace(settings, smtp=Smtp(host="127.0.0.1", port=port, security=Security.NONE))


def table(db: Database) -> list[str]:
    return as_table(undelivered(db), relay_state(db), NOON).splitlines()


def test_a_delivery_whose_turn_has_come_is_due_and_shows_no_time_gone_by(db: Database) -> None:
    store(db)
    assert "maintenant" in table(db)[1].split()


def test_a_delivery_that_was_put_off_shows_when_it_is_tried_and_a_held_one_that_it_waits_for_somebody(
    db: Database,
) -> None:
    store(db, "mssi", "dpo")
    ending = Ending("deferred", "rcpt", "451 later")
    outcomes.record_deferred(db, claim(db), ending, next_attempt_at=NOON + timedelta(minutes=2), now=NOON)
    outcomes.record_held(db, claim(db), Ending("refused", "rcpt", "550 no"), NOON)
    _, deferred, held, *_ = table(db)
    assert "20/11 13:02:00" in deferred
    assert "sur demande" in held


@pytest.mark.parametrize(
    "purpose", sorted({purpose for purpose in Purpose if purpose.scope is Scope.KIOSK} - {Purpose.DIGEST})
)
def test_a_mail_about_the_kiosk_shows_its_purpose_in_place_of_a_reference(db: Database, purpose: Purpose) -> None:
    mail = NewDelivery("mssi", "<1@kiosk.invalid>", b"x\r\n", purpose)
    deliveries.submit_test(db, mail, site="siege", actor="x", now=NOON)
    assert table(db)[1].startswith(f"({purpose.french})  ")


def test_asking_for_a_retry_counts_what_only_waited_for_the_relay(db: Database, settings: Settings) -> None:
    store(db, "mssi", "dpo", reference="RGB-1AT-2G6")
    relay.relay_failed(db, state="down", reply="refused", next_try_at=NOON + timedelta(minutes=1), now=NOON)
    assert retry_now(db, settings, None, NOON) == 2
    assert retry_now(db, settings, "rgb 1at 2g6", NOON) == 2
    assert relay_state(db).next_try_at == NOON


def test_a_retry_of_what_is_no_reference_is_refused(db: Database, settings: Settings) -> None:
    with pytest.raises(KioskError, match="n'est pas une référence"):
        retry_now(db, settings, "abc", NOON)


@pytest.mark.parametrize("state", ["down", "refused"])
def test_a_test_mail_is_tried_at_once_although_the_relay_was_to_be_left_alone(
    db: Database, settings: Settings, state: str
) -> None:
    later = clock.now() + timedelta(seconds=50)
    relay.relay_failed(db, state=state, reply="the last words", next_try_at=later, now=clock.now())
    with Inbox() as inbox:
        sent, _ = send_test_mails(db, sending_to(settings, inbox.port), patience=0, only="mssi")
        assert (sent, len(inbox.mails)) == (True, 1)


def test_a_test_mail_that_waits_for_the_relay_says_why_and_until_when(db: Database, settings: Settings) -> None:
    sent, words = send_test_mails(db, sending_to(settings, free_port()), patience=0)
    assert not sent
    for expected in ("refused", f"{clock.local(relay_state(db).next_try_at):%H:%M:%S}", "kiosk queue retry"):
        assert expected in words


def test_a_deputy_without_an_address_is_told_from_a_manager_without_one(db: Database, settings: Settings) -> None:
    (said,) = [each.detail for each in check.find_troubles(db, settings, NOON) if each.trouble == AUDIENCE]
    assert 'Responsable d\'immeuble (id = "manager"),' in said
    assert 'Suppléant (id = "deputy", lors des relances)' in said
