"""`kiosk forward --once`: the jobs, then everything that is due, then the end."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.delivery.loop import forward_once
from kiosk.store.outbox.relay import relay_failed, relay_state
from kiosk.store.outbox.undelivered import undelivered
from tests.build import store
from tests.processes import Inbox
from tests.smtp.courier import plain
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


def sending_to(settings: Settings, inbox: Inbox) -> Settings:
    return dataclasses.replace(settings, smtp=plain(inbox.port))


def test_the_jobs_come_before_the_deliveries_and_a_failing_one_stops_neither(
    db: Database, settings: Settings, inbox: Inbox
) -> None:
    def fail(db: Database, settings: Settings, now: datetime) -> None:
        raise LookupError

    def report(db: Database, settings: Settings, now: datetime) -> None:
        store(db, reference="000-000-001")

    assert forward_once(sending_to(settings, inbox), db, jobs=[fail, report])
    assert len(inbox.mails) == 1
    assert undelivered(db) == []


@pytest.mark.parametrize(("state", "sent"), [("down", 1), ("refused", 0)])
def test_a_relay_that_was_down_is_tried_at_once_and_one_that_refused_our_password_is_not(
    db: Database, settings: Settings, inbox: Inbox, state: str, sent: int
) -> None:
    store(db)
    relay_failed(db, state=state, reply="no", next_try_at=clock.now() + timedelta(seconds=50), now=clock.now())
    assert forward_once(sending_to(settings, inbox), db)
    assert len(inbox.mails) == sent


def test_a_corrected_password_file_is_tried_at_once_and_an_unchanged_one_is_not(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    store(db)
    with FaultServer(answers={"auth": b"535 5.7.8 no"}) as relay:
        sending = dataclasses.replace(settings, smtp=plain(relay.port, username="kiosk", password_file=secret))
        for _ in range(2):
            forward_once(sending, db)
        assert (relay.connections, relay_state(db).state) == (1, "refused")
        secret.write_text("wrong again\n")
        for _ in range(2):
            forward_once(sending, db)
        assert (relay.connections, relay_state(db).state) == (2, "refused")
        relay.answers["auth"] = RIGHT_ANSWERS["auth"]
        secret.write_text("right\n")
        forward_once(sending, db)
        assert (relay.taken != [], relay_state(db).state) == (True, "up")
