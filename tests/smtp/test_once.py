"""`kiosk forward --once`: the jobs, then everything that is due, then the end."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.delivery.loop import forward_once
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.relay import relay_failed
from tests.build import store
from tests.processes import Inbox
from tests.smtp.courier import plain


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
    assert deliveries.undelivered(db) == []


@pytest.mark.parametrize(("state", "sent"), [("down", 1), ("refused", 0)])
def test_a_relay_that_was_down_is_tried_at_once_and_one_that_refused_our_password_is_not(
    db: Database, settings: Settings, inbox: Inbox, state: str, sent: int
) -> None:
    store(db)
    relay_failed(db, state=state, reply="no", next_try_at=clock.now() + timedelta(seconds=50), now=clock.now())
    assert forward_once(sending_to(settings, inbox), db)
    assert len(inbox.mails) == sent
