"""A backlog through the real forwarder, beside smtplib with the same bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.base.connection import Database, open_database
from kiosk.store.instance import start
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.relay import lift_pause, relay_failed
from kiosk.store.reports import submissions
from kiosk.store.trace.events import Event
from tests.bench.bare import BareCommits, BareLoop
from tests.bench.bench import Bench
from tests.bench.measurement import Measurement
from tests.bench.servers import wait_for_forwarder
from tests.bench.sink import CORES, THE_SENDERS_CORES, Sink
from tests.build import a_new_report
from tests.processes import Program

BARE, MARKED = "smtplib, one connection", "smtplib and a bare commit a mail"


class Drain:
    """`kiosk forward`, away from the relay's core, whose relay is away until there is a backlog."""

    def __init__(self, bench: Bench, sink: Sink) -> None:
        self._sink, self._mail, self._stored = sink, bench.mail, 0
        settings = Settings(instance=bench.folder / f"drain-{sink.port}")
        self._instance, self._database = settings.instance, settings.database
        start.prepare(settings, clock.now()).close()  # `kiosk forward` makes no kiosk
        bench.stack.enter_context(Program("forward", instance=self._instance, environment=sink.environment))
        wait_for_forwarder(self._database)

    def run(self, size: int) -> float:
        """Mails a second."""
        self._sink.reset()
        with open_database(self._database) as db:
            away = clock.now() + timedelta(minutes=10)
            relay_failed(db, state="down", reply="away", next_try_at=away, now=clock.now())
            store_backlog(db, self._mail, range(self._stored, self._stored + size))
            lift_pause(db, clock.now())
        self._stored += size
        wakeup.wake(self._instance)
        self._sink.wait_for(size)
        return 1 / self._sink.seconds_each


class Draining(Measurement):
    """A relay comes back. Each mail's mark is on disk before the next MAIL FROM."""

    heading = "drain of a backlog"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._by_relay = {
            pipelining: [self.figure(f"drain, PIPELINING {said}", by, "mails/s") for by in (BARE, MARKED)]
            for pipelining, said in ((True, "offered"), (False, "not offered"))
        }
        self._limit = self.figure(MARKED, BARE, "mails/s")

    def round(self) -> None:
        size = self._bench.options.backlog
        with away_from_the_relay():
            bare, marked = (loop.run(size) for loop in self._loops)
            for pipelining, (by_bare, by_marked) in self._by_relay.items():
                drained = self._drains[pipelining].run(size)
                by_bare.add(drained, bare)
                by_marked.add(drained, marked)
        self._limit.add(marked, bare)

    @cached_property
    def _loops(self) -> tuple[BareLoop, BareLoop]:
        sink, mail = self._bench.stack.enter_context(Sink(pipelining=False)), self._bench.mail
        return BareLoop(sink, mail), BareLoop(sink, mail, BareCommits(self._bench.folder / "marks.db"))

    @cached_property
    def _drains(self) -> dict[bool, Drain]:
        """Made in the first round, away from the relay's core."""
        enter = self._bench.stack.enter_context
        return {offered: Drain(self._bench, enter(Sink(pipelining=offered))) for offered in (True, False)}


@contextmanager
def away_from_the_relay() -> Iterator[None]:
    """Programs started meanwhile inherit it."""
    os.sched_setaffinity(0, THE_SENDERS_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def store_backlog(db: Database, mail: bytes, numbers: range) -> None:
    """``mail`` for each number, the delivery of a report of its own that nobody has to be reminded of today."""
    now = clock.now()
    moments = {"aware_at": now, "received_at": now, "attend_at": now + timedelta(days=1)}
    for number in numbers:
        reference = f"000-{number // 1000:03d}-{number % 1000:03d}"
        delivery = NewDelivery("mssi", f"<{reference}@kiosk.invalid>", mail)
        event = Event(action="report_received", reference=reference)
        submissions.submit(db, a_new_report(reference=reference, **moments), [delivery], [event], now)
