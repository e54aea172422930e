"""Forwarder process: delivery threads (senders.py), and a main loop for erasure, heartbeat and background jobs.

At least once, same identity: a delivery keeps its bytes and Message-ID and leaves the outbox only on a recorded 2xx to
the final dot. A break, kill or power cut between the final dot and that record makes it ambiguous, as does a
nonsensical answer (verdict.py): it is sent again after ``smtp.ambiguous_wait`` (10 minutes). Nothing else duplicates a
mail, and none is given up.
"""

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.delivery.background_jobs import BackgroundJob, BackgroundJobs
from kiosk.delivery.courier import Courier, Group
from kiosk.delivery.credentials import make_relay
from kiosk.delivery.database_watch import keep_looking, look_if_due
from kiosk.delivery.eraser import Eraser
from kiosk.delivery.forwarder_lock import forwarder_lock
from kiosk.delivery.senders import Sender, Senders
from kiosk.delivery.step import deliver_one, put_back
from kiosk.discreet import traceback_of
from kiosk.errors import NotConfirmed, StoreError
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import SHORT_WAL_PAGES, Database, open_database
from kiosk.store.base.damage import damage_noted
from kiosk.store.instance.start import in_use
from kiosk.store.outbox import claims
from kiosk.store.outbox.relay import lift_pause, note_silence
from kiosk.store.outbox.wakeup import Wakeup
from kiosk.store.watch import health

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; for retries that become due (new mails wake the thread)
BEAT_EVERY = 10.0  # seconds
STEP_EVERY = 1.0  # seconds; bodies of delivered mails must be erased within 2
STUCK_AFTER = 13 * 60.0  # seconds: no attempt may take longer than 12 minutes
FIRST_LOOK = 5.0  # seconds in which a thread that cannot work dies
LAST_MAIL_PATIENCE = 10.0  # seconds to wait at a stop for the mail being sent

Now = Callable[[], datetime]


class Forwarder:
    """Runs until ``stop`` is set. One process per instance delivers; others wait for its lock."""

    def __init__(
        self,
        settings: Settings,
        stop: threading.Event,
        now: Now = clock.now,
        *,
        jobs: Sequence[BackgroundJob] = (),
        group: Group | None = None,
    ) -> None:
        self.settings = settings
        self.stop = stop
        self.now = now
        self._jobs = BackgroundJobs(jobs, settings)
        self._group = group
        self._sent: deque[int] = deque()
        self._looked_at = self._began_at = time.monotonic()
        self._has_looked = threading.Event()
        self._inode = 0

    def run(self) -> None:
        """Raises RuntimeError when the delivery thread died or the database was replaced: restart."""
        with in_use(self.settings), forwarder_lock(self.settings, self.stop) as locked:
            if not locked:
                return
            db = open_database(self.settings.database)
            self._inode = self.settings.database.stat().st_ino
            threading.Thread(target=keep_looking, args=(self.settings, self.stop), name="damage", daemon=True).start()
            with damage_noted(self.settings.database):
                release_claims_of_the_dead(db, self.settings, self.now())
                eraser = Eraser(db, self._sent)
            senders = Senders(self._deliver)
            self._has_looked.wait(STEP_EVERY)
            self._take_steps(db, eraser, senders)
            senders.join(LAST_MAIL_PATIENCE)
            self._try(eraser.erase)
            db.close()

    def _deliver(self, sender: Sender) -> None:
        db = open_database(self.settings.database, wal_pages=SHORT_WAL_PAGES)
        courier = hired(sender, db, self.settings, self.now, self.stop, self._sent, self._group)
        with Wakeup(self.settings.instance) as wakeup:
            while not self.stop.is_set() and not sender.relieved.is_set():
                self._looked_at = time.monotonic()
                has_more = self._try(lambda: deliver_one(courier))
                self._has_looked.set()
                if not has_more:
                    courier.relay.close()
                    courier.relay = make_relay(self.settings)
                    wakeup.wait(LOOK_EVERY)
        self._try(lambda: put_back(courier))
        courier.relay.close()
        db.close()

    def _take_steps(self, db: Database, eraser: Eraser, senders: Senders) -> None:
        next_beat = 0.0
        while True:
            if not senders.is_alive:
                if senders.error:
                    log.error("the delivering thread failed\n%s", traceback_of(senders.error))
                raise RuntimeError("the delivering thread has ended")
            if self._is_database_replaced():
                raise RuntimeError("another database stands in the place of the one that was opened")
            self._try(eraser.erase)
            self._try(lambda: tell_silence(db, senders.attend(), self.now()))
            if time.monotonic() >= next_beat and self._is_moving():
                next_beat = time.monotonic() + BEAT_EVERY
                self._try(lambda: heartbeat.beat(db, health.FORWARDER, os.getpid(), self.now()))
            self._jobs.take_turns(db, self.now())
            if self.stop.wait(STEP_EVERY):
                return

    def _is_database_replaced(self) -> bool:
        """A missing file does not count: a restart would hide the loss with an empty one."""
        path = self.settings.database
        return path.exists() and path.stat().st_ino != self._inode

    def _is_moving(self) -> bool:
        """False for a thread that is stuck, or that dies at its first look after every restart."""
        now = time.monotonic()
        proven = self._has_looked.is_set() or now - self._began_at > FIRST_LOOK
        return proven and now - self._looked_at < STUCK_AFTER

    def _try(self, step: Callable[[], object]) -> bool:
        """False also when the database fails: the step is tried again a second later."""
        try:
            with damage_noted(self.settings.database):
                return bool(step())
        except (NotConfirmed, StoreError) as error:
            log.error("the database confirmed nothing; trying again: %s", error)
            return False


def forward_once(
    settings: Settings,
    db: Database,
    now: Now = clock.now,
    *,
    jobs: Sequence[BackgroundJob] = (),
    group: Group | None = None,
    patience: float = math.inf,
) -> bool:
    """Run the jobs, send what is due and return; False, with nothing done, if another forwarder runs.

    While a relay owes an answer about a mail, looks for others each second; ``patience``: until it has been silent for
    so many seconds, or SILENT_AFTER if that is longer. Ignores the pause of a relay that was down, but not one after
    refused credentials: a timer that calls this each minute must not lock the account.
    """
    with damage_noted(settings.database), forwarder_lock(settings, stop=None) as locked:
        if not locked:
            return False
        heartbeat.beat(db, health.CALLED, os.getpid(), now())
        release_claims_of_the_dead(db, settings, now())
        look_if_due(db, settings, now())
        background = BackgroundJobs(jobs, settings)
        background.take_turns(db, now())
        lift_pause(db, now(), of=["down"])
        _send_what_is_due(db, settings, now, background, patience, group)
    return True


def _send_what_is_due(
    db: Database, settings: Settings, now: Now, background: BackgroundJobs, patience: float, group: Group | None
) -> None:
    """Raises what made a sender fail."""
    sent: deque[int] = deque()
    eraser, senders = Eraser(db, sent), Senders(_until_idle(settings, now, sent, group))
    while not senders.all_have_ended and not senders.are_silent_for(patience):
        tell_silence(db, senders.attend(), now())
        if senders.only_wait:
            eraser.erase()
            background.take_turns(db, now())
            senders.look_again()
        senders.join_any(STEP_EVERY)
    tell_silence(db, senders.attend(), now())
    eraser.erase()
    if senders.error:
        raise senders.error


def _until_idle(settings: Settings, now: Now, sent: deque[int], group: Group | None) -> Callable[[Sender], None]:
    def deliver(sender: Sender) -> None:
        with open_database(settings.database) as own:
            courier = hired(sender, own, settings, now, threading.Event(), sent, group)
            while deliver_one(courier) and not sender.relieved.is_set():
                continue
            put_back(courier)
            courier.relay.close()

    return deliver


def hired(
    sender: Sender,
    db: Database,
    settings: Settings,
    now: Now,
    stop: threading.Event,
    sent: deque[int],
    group: Group | None,
) -> Courier:
    courier = Courier(db, settings, make_relay(settings), now, stop, sent=sent, relieved=sender.relieved, group=group)
    courier.reread = partial(load_settings, demo=settings.demo)
    courier.turn = sender.turn
    sender.courier = courier
    return courier


def tell_silence(db: Database, seconds: float, now: datetime) -> None:
    """For the health check; the answers to come end it."""
    note_silence(db, now - timedelta(seconds=seconds) if seconds else None)


def release_claims_of_the_dead(db: Database, settings: Settings, now: datetime) -> None:
    """Only with the forwarder's lock: the claims' owner is dead."""
    wait = timedelta(seconds=settings.smtp.ambiguous_wait)
    released = claims.release_open_claims(db, wait=wait, now=now)
    if released:
        log.warning("%d deliveries were under way when the last forwarder ended", released)
