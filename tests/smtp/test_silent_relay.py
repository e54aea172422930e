"""A relay that takes a mail and does not answer keeps no other mail waiting, and health says so."""

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.trial_mail import send_test_mails
from kiosk.config import Settings
from kiosk.delivery import loop, senders
from kiosk.delivery.loop import Forwarder, forward_once
from kiosk.domain.troubles.running import RELAY_SILENT
from kiosk.store.base.connection import open_database
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.claims import Claim
from kiosk.store.outbox.relay import note_silence
from kiosk.store.watch import health
from tests.build import store
from tests.smtp.courier import plain
from tests.smtp.faults import FAULTS, Speaker
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE, until

FIRST, SECOND, THIRD = "000-000-000", "000-000-001", "000-000-002"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "SILENT_AFTER", 0.2)
    monkeypatch.setattr(loop, "STEP_EVERY", 0.02)


@contextmanager
def forwarding(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Forwarder(settings, stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


def sending_to(settings: Settings, relay: FaultServer) -> Settings:
    return dataclasses.replace(settings, smtp=plain(relay.port))


def states(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT state FROM deliveries ORDER BY id")]


def silence(db: Database, settings: Settings) -> int | None:
    pulse = health.pulse(db, settings, clock.now())
    assert (RELAY_SILENT in pulse.troubles) == (pulse.relay_silent_for is not None)
    return pulse.relay_silent_for


@pytest.mark.parametrize("fault", ["hang", "drip"])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
def test_others_go_by_a_second_connection_and_health_tells_the_silence(
    db: Database, settings: Settings, step: str, fault: str
) -> None:
    with FaultServer(step, fault) as relay:
        for reference in (FIRST, SECOND):
            store(db, reference=reference, now=clock.now())
        with forwarding(sending_to(settings, relay)):
            until(lambda: states(db) == ["sending", "sent"])
            until(lambda: silence(db, settings) is not None)
            assert relay.connections == 2
            relay.over.set()


def test_a_relay_that_does_not_greet_is_told_too_and_gets_no_second_connection(
    db: Database, settings: Settings
) -> None:
    with FaultServer("banner", "hang") as relay:
        store(db, now=clock.now())
        with forwarding(sending_to(settings, relay)):
            until(lambda: silence(db, settings) is not None)
            assert (states(db), relay.connections) == (["sending"], 1)
            relay.over.set()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A fault: the right answer to the final dot, once the event is set."""
    answers = threading.Event()

    def answer_late(speaker: Speaker, step: str) -> None:
        answers.wait(PATIENCE)
        speaker.say(b"250 2.0.0 taken after all")

    monkeypatch.setitem(FAULTS, "answers late", answer_late)
    return answers


def test_an_answer_that_comes_late_is_recorded_and_the_silence_is_over(
    db: Database, settings: Settings, late: threading.Event
) -> None:
    with FaultServer("dot", "answers late") as relay:
        for reference in (FIRST, SECOND):
            store(db, reference=reference, now=clock.now())
        with forwarding(sending_to(settings, relay)):
            until(lambda: states(db) == ["sending", "sent"] and silence(db, settings) is not None)
            late.set()
            until(lambda: states(db) == ["sent", "sent"] and silence(db, settings) is None)
            assert len(relay.taken) == 2


def test_a_relay_that_never_answers_gets_five_mails_at_most(
    db: Database, settings: Settings, late: threading.Event
) -> None:
    with FaultServer("dot", "answers late", struck_connections=99) as relay:
        for number in range(8):
            store(db, reference=f"000-000-00{number}", now=clock.now())
        with forwarding(sending_to(settings, relay)):
            until(lambda: states(db).count("sending") == 5 and silence(db, settings) is not None)
            assert states(db).count("queued") == 3
            late.set()
            until(lambda: states(db) == ["sent"] * 8)
            assert len(relay.taken) == 8


def test_a_timer_that_sends_once_sends_the_others_too(db: Database, settings: Settings, late: threading.Event) -> None:
    with FaultServer("dot", "answers late") as relay:
        for reference in (FIRST, SECOND):
            store(db, reference=reference, now=clock.now())

        def once() -> None:
            with open_database(settings.database) as own:
                assert forward_once(sending_to(settings, relay), own)

        thread = threading.Thread(target=once)
        thread.start()
        until(lambda: states(db) == ["sending", "sent"] and silence(db, settings) is not None)
        store(db, reference=THIRD, now=clock.now())
        until(lambda: states(db) == ["sending", "sent", "sent"] and db["bodies"].count == 1)
        late.set()
        thread.join(PATIENCE)
        assert (states(db), silence(db, settings)) == (["sent"] * 3, None)


def test_a_test_mail_does_not_wait_longer_than_its_operator_wants(
    db: Database, settings: Settings, late: threading.Event
) -> None:
    with FaultServer("dot", "answers late") as relay:
        good, words = send_test_mails(db, sending_to(settings, relay), patience=0.1, only="mssi")
        assert (good, "pas encore parti (envoi en cours)" in words) == (False, True)
        late.set()
        until(lambda: states(db) == ["sent"] and not any(each.name == "delivery" for each in threading.enumerate()))


def test_a_sender_that_fails_while_it_waits_ends_the_forwarder_so_that_its_claim_is_released(
    db: Database, settings: Settings, late: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = outcomes.record_sent

    def broken(db: Database, claim: Claim, *others: Any, **more: Any) -> Claim | None:
        if claim.delivery == 1:
            raise LookupError
        return real(db, claim, *others, **more)

    monkeypatch.setattr(outcomes, "record_sent", broken)
    with FaultServer("dot", "answers late") as relay:
        for reference in (FIRST, SECOND):
            store(db, reference=reference, now=clock.now())
        with ThreadPoolExecutor() as pool:
            running = pool.submit(Forwarder(sending_to(settings, relay), threading.Event()).run)
            until(lambda: states(db) == ["sending", "sent"])
            late.set()
            assert isinstance(running.exception(PATIENCE), RuntimeError)
        loop.release_claims_of_the_dead(db, settings, clock.now())
        assert states(db) == ["queued", "sent"]


def test_a_silence_that_a_dead_forwarder_left_is_no_trouble(db: Database, settings: Settings) -> None:
    note_silence(db, clock.now() - timedelta(minutes=14))
    assert silence(db, settings) is None
