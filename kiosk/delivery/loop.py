"""The one background process: a thread that delivers, and a round of steps beside it.

At least once, same identity: every delivery keeps its bytes and its Message-ID for ever, and leaves the outbox only on
a recorded 2xx to the final dot. The window in which a copy can go out twice lies between the final dot and the record
of its 250: a break of the line, a kill or a power cut there makes the delivery ambiguous, and it is sent again
``smtp.ambiguous_wait`` seconds (10 minutes) later. Nothing else duplicates; nothing gives up.
"""

import fcntl
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Settings
from kiosk.delivery.background_jobs import BackgroundJob, BackgroundJobs
from kiosk.delivery.eraser import Eraser
from kiosk.delivery.relay import Relay
from kiosk.delivery.step import Courier, deliver_one, put_back
from kiosk.errors import NotConfirmed
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import SHORT_WAL_PAGES, Database, open_database
from kiosk.store.instance.start import in_use
from kiosk.store.outbox import claims
from kiosk.store.outbox.relay import lift_pause
from kiosk.store.outbox.wakeup import Wakeup
from kiosk.store.watch import health

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; being woken is quicker, this is for retries that become due
BEAT_EVERY = 10.0  # seconds
STEP_EVERY = 1.0  # seconds; text of delivered mails must be gone within 2
STUCK_AFTER = 13 * 60.0  # seconds: no attempt may take longer than 12 minutes
FIRST_LOOK = 5.0  # seconds in which a delivering thread that cannot work has died of it
LAST_MAIL_PATIENCE = 10.0  # seconds that a stop waits for the mail under way

ERASING = "eraser"  # whose heartbeat tells nothing about deliveries

Now = Callable[[], datetime]


class Forwarder:
    """Runs until ``stop`` is set. Only one process per instance delivers: the others stand by for its lock."""

    def __init__(
        self, settings: Settings, stop: threading.Event, now: Now = clock.now, *, jobs: Sequence[BackgroundJob] = ()
    ) -> None:
        self.settings = settings
        self.stop = stop
        self.now = now
        self._jobs = BackgroundJobs(jobs, settings)
        self._sent: deque[int] = deque()
        self._looked_at = self._began_at = time.monotonic()
        self._has_looked = threading.Event()
        self._inode = 0

    def run(self) -> None:
        """Raises RuntimeError when the delivering thread has died; whoever supervises starts the process anew."""
        with in_use(self.settings), forwarder_lock(self.settings, self.stop) as locked:
            if not locked:
                return
            db = open_database(self.settings.database)
            self._inode = self.settings.database.stat().st_ino
            release_claims_of_the_dead(db, self.settings, self.now())
            eraser = Eraser(db, self._sent, ERASING)
            thread = threading.Thread(target=self._deliver, name="delivery", daemon=True)
            thread.start()
            self._has_looked.wait(STEP_EVERY)
            self._take_steps(db, eraser, thread)
            thread.join(LAST_MAIL_PATIENCE)
            db.close()

    def _deliver(self) -> None:
        db = open_database(self.settings.database, wal_pages=SHORT_WAL_PAGES)
        courier = Courier(db, self.settings, make_relay(self.settings), self.now, self.stop, sent=self._sent)
        with Wakeup(self.settings.instance) as wakeup:
            while not self.stop.is_set():
                self._looked_at = time.monotonic()
                has_more = _deliver_safely(courier)
                self._has_looked.set()
                if not has_more:
                    courier.relay.close()
                    courier.relay = make_relay(self.settings)
                    wakeup.wait(LOOK_EVERY)
        _try(lambda: put_back(courier))
        courier.relay.close()
        db.close()

    def _take_steps(self, db: Database, eraser: Eraser, thread: threading.Thread) -> None:
        next_beat = 0.0
        while True:
            if not thread.is_alive():
                raise RuntimeError("the delivering thread has ended")
            if self._is_database_replaced():
                raise RuntimeError("another database stands in the place of the one that was opened")
            _try(lambda: eraser.erase(self.now()))
            if time.monotonic() >= next_beat and self._is_moving():
                next_beat = time.monotonic() + BEAT_EVERY
                _try(lambda: heartbeat.beat(db, health.FORWARDER, os.getpid(), self.now()))
            self._jobs.take_turns(db, self.now())
            if self.stop.wait(STEP_EVERY):
                return

    def _is_database_replaced(self) -> bool:
        """By a restored one, say. A missing one is left alone: starting anew would hide that with an empty one."""
        path = self.settings.database
        return path.exists() and path.stat().st_ino != self._inode

    def _is_moving(self) -> bool:
        """One that dies at its first look, and again after every restart, must not pass for a living one."""
        now = time.monotonic()
        proven = self._has_looked.is_set() or now - self._began_at > FIRST_LOOK
        return proven and now - self._looked_at < STUCK_AFTER


def forward_once(settings: Settings, db: Database, now: Now = clock.now, *, jobs: Sequence[BackgroundJob] = ()) -> bool:
    """Does the jobs, sends whatever is due and returns; False when another forwarder is at work: nothing was done.

    It does not wait for a relay that was down a moment ago, but does for one that refused our password: a timer that
    starts it each minute must not lock the account.
    """
    stop = threading.Event()
    with forwarder_lock(settings, stop=None) as locked:
        if not locked:
            return False
        release_claims_of_the_dead(db, settings, now())
        BackgroundJobs(jobs, settings).take_turns(db, now())
        lift_pause(db, now(), of=["down"])
        courier = Courier(db, settings, make_relay(settings), now, stop)
        while deliver_one(courier):
            continue
        courier.relay.close()
        Eraser(db, courier.sent, health.FORWARDER).erase(now())
    return True


def release_claims_of_the_dead(db: Database, settings: Settings, now: datetime) -> None:
    """Only under the forwarder's lock: whoever made the open claims is gone."""
    wait = timedelta(seconds=settings.smtp.ambiguous_wait)
    released = claims.release_open_claims(db, wait=wait, now=now)
    if released:
        log.warning("%d deliveries were under way when the last forwarder ended", released)


@contextmanager
def forwarder_lock(settings: Settings, stop: threading.Event | None) -> Iterator[bool]:
    """A kernel lock, gone with its process. With ``stop``: waits for it; without: False at once if another has it."""
    descriptor = os.open(settings.instance / "forwarder.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _lock(descriptor, stop)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, stop: threading.Event | None) -> bool:
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if stop is None:
                return False
            if not told:
                log.info("another forwarder is at work; standing by")
                told = True
            if stop.wait(0.2):
                return False


def make_relay(settings: Settings) -> Relay:
    """Reads the password file anew, so that a corrected password needs no restart."""
    path = settings.smtp.password_file
    password = path.read_text(encoding="utf-8").rstrip("\r\n") if path else None
    return Relay(settings.smtp, password=password, local_hostname=socket.gethostname() or "kiosk")


def _deliver_safely(courier: Courier) -> bool:
    try:
        return deliver_one(courier)
    except NotConfirmed as error:  # no claim could be written: nothing was sent, the queue is as it was
        log.error("the database confirmed nothing; trying again: %s", error)
        return False


def _try(step: Callable[[], object]) -> None:
    """A disk that refuses now is asked again a second later."""
    try:
        step()
    except NotConfirmed as error:
        log.error("the database confirmed nothing; trying again: %s", error)
