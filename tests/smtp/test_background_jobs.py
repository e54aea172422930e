"""What else the forwarder does each second: no job stops another, nor the deliveries, and none hangs unseen."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.delivery import loop
from kiosk.delivery.background_jobs import BackgroundJob
from kiosk.delivery.loop import Forwarder
from kiosk.domain.troubles.running import FORWARDER
from kiosk.store.watch import health
from tests.waiting import PATIENCE, until


class Diligent:
    """A job that works."""

    def __init__(self) -> None:
        self.turns = 0

    def __call__(self, db: Database, settings: Settings, now: datetime) -> None:
        self.turns += 1


def failing(db: Database, settings: Settings, now: datetime) -> None:
    raise LookupError("-".join(("MARKER", "7741")))


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STEP_EVERY", 0.01)
    monkeypatch.setattr(loop, "BEAT_EVERY", 0.0)


@contextmanager
def at_work(settings: Settings, jobs: Sequence[BackgroundJob]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Forwarder(settings, stop, jobs=jobs).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def last_beat(db: Database) -> str | None:
    row = db.execute("SELECT beat_at FROM heartbeats WHERE name = ?", (health.FORWARDER,)).fetchone()
    return row[0] if row else None


def test_a_chore_that_fails_is_told_once_without_content_and_stops_nothing(
    db: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    diligent = Diligent()
    with at_work(settings, [failing, diligent]):
        until(lambda: diligent.turns > 2)
        before = last_beat(db)
        until(lambda: last_beat(db) != before)
    told = [record.getMessage() for record in caplog.records if "job" in record.getMessage()]
    assert len(told) == 1
    assert ("failing" in told[0], "LookupError" in told[0], "MARKER-7741" in told[0]) == (True, True, False)


def test_a_chore_that_hangs_silences_the_heartbeat(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    deliver_one = loop.deliver_one
    monkeypatch.setattr(loop, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(loop, "deliver_one", lambda courier: looks.append(deliver_one(courier)))
    begun, go_on = threading.Event(), threading.Event()

    def hanging(db: Database, settings: Settings, now: datetime) -> None:
        begun.set()
        go_on.wait(PATIENCE)

    with at_work(settings, [hanging]):
        assert begun.wait(PATIENCE)
        before, looked = last_beat(db), len(looks)
        until(lambda: len(looks) > looked + 20)  # deliveries go on beside it
        assert last_beat(db) == before
        in_a_minute = clock.now() + health.SILENT_AFTER + timedelta(seconds=1)
        assert FORWARDER in health.pulse(db, settings, in_a_minute).troubles
        go_on.set()
        until(lambda: last_beat(db) not in (None, before))
