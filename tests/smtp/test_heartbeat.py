"""A heartbeat means that mails can leave: whoever dies at once, over and over, is seen to be silent."""

import threading
from collections.abc import Callable

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.delivery import loop
from kiosk.delivery.eraser import Eraser
from kiosk.delivery.loop import Forwarder
from kiosk.store.outbox import wakeup
from kiosk.store.watch import health
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STEP_EVERY", 0.01)
    monkeypatch.setattr(loop, "FIRST_LOOK", PATIENCE)  # a slow machine is no sign of life


def silent_for(db: Database, settings: Settings) -> int | None:
    return health.pulse(db, settings, clock.now()).forwarder_silent_for


def no_bell(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.instance / wakeup.NAME).mkdir()


def no_password(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings) -> None:
        raise PermissionError

    monkeypatch.setattr(loop, "make_relay", fail)


def no_queue(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies of its first look, but only when the background process has made some rounds beside it."""
    rounds = threading.Semaphore(0)

    def fail(courier: object) -> bool:
        for _ in range(5):
            assert rounds.acquire(timeout=PATIENCE)
        raise LookupError

    def note(eraser: Eraser) -> None:
        rounds.release()

    monkeypatch.setattr(loop, "deliver_one", fail)
    monkeypatch.setattr(loop.Eraser, "erase", note)


@pytest.mark.parametrize("spoil", [no_bell, no_password, no_queue])
def test_a_forwarder_that_cannot_work_does_not_beat(
    spoil: Callable[[Settings, pytest.MonkeyPatch], None],
    db: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoil(settings, monkeypatch)
    with pytest.raises(RuntimeError):
        Forwarder(settings, threading.Event()).run()
    assert silent_for(db, settings) is None


def test_a_forwarder_that_can_work_beats_at_once(db: Database, settings: Settings) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=Forwarder(settings, stop).run)
    thread.start()
    try:
        until(lambda: silent_for(db, settings) is not None)
    finally:
        stop.set()
        thread.join()


def test_a_forwarder_ends_when_another_database_takes_the_place_of_its_own(db: Database, settings: Settings) -> None:
    stop = threading.Event()
    worker = Forwarder(settings, stop)
    failure: list[BaseException] = []

    def work() -> None:
        try:
            worker.run()
        except RuntimeError as error:
            failure.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: silent_for(db, settings) is not None)
    aside = settings.instance / "restored.db"
    aside.write_bytes(settings.database.read_bytes())
    aside.rename(settings.database)
    thread.join(PATIENCE)
    stop.set()
    assert [str(error) for error in failure] == ["another database stands in the place of the one that was opened"]
