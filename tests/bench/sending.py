"""A backlog through the real forwarder, and one report to its inbox, beside smtplib with the same bytes."""

import smtplib
import time
from datetime import timedelta
from pathlib import Path
from sqlite3 import OperationalError

from kiosk import clock
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.relay import lift_pause, relay_failed
from kiosk.store.reports import submissions
from kiosk.store.trace.events import Event
from kiosk.store.watch import health
from tests.bench.figures import Figure, percentile
from tests.bench.sink import Sink
from tests.bench.submitting import BareCommits, Visitor
from tests.build import MAILS, a_new_report
from tests.processes import Kiosk, Program

SENDER, RECIPIENT = "kiosk@cpam.invalid", "mssi@cpam.invalid"
START = 30.0  # seconds in which a forwarder is expected to have started
SETTLED = 2.0  # seconds after its first heartbeat
QUIET = 0.05  # seconds between two reports, so that everything has gone back to sleep


def a_real_mail(kiosk: Kiosk) -> bytes:
    """The bytes of a report's mail, from the queue of a kiosk without a relay."""
    Visitor(kiosk).submit()
    with open_database(kiosk.database) as db:
        body: bytes = db.execute(f"{MAILS} ORDER BY deliveries.id DESC LIMIT 1").fetchone()[0]
    return body


def store_backlog(instance: Path, mail: bytes, size: int) -> None:
    """``mail``, ``size`` times, each the delivery of a report of its own that nobody has to be reminded of today."""
    now = clock.now()
    moments = {"aware_at": now, "received_at": now, "attend_at": now + timedelta(days=1)}
    with start.prepare(Settings(instance=instance), now) as db:
        for number in range(size):
            reference = f"000-{number // 1000:03d}-{number % 1000:03d}"
            delivery = NewDelivery("mssi", f"<{reference}@kiosk.invalid>", mail)
            event = Event(action="report_received", reference=reference)
            submissions.submit(db, a_new_report(reference=reference, **moments), [delivery], [event], now)


def wait_until_it_beats(instance: Path) -> None:
    """A forwarder that has just started is not at its usual pace yet."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            with open_database(instance / "kiosk.db") as db:
                if db.execute("SELECT 1 FROM heartbeats WHERE name = ?", (health.FORWARDER,)).fetchone():
                    time.sleep(SETTLED)
                    return
        except (StoreError, OperationalError):  # not made yet
            continue
    raise TimeoutError(f"no forwarder showed itself in {START} seconds")


class BareLoop:
    """smtplib on one connection; with ``commits``, one row is committed after each mail."""

    def __init__(self, sink: Sink, mail: bytes, commits: BareCommits | None = None) -> None:
        self._sink, self._mail, self._commits = sink, mail, commits

    def run(self, size: int) -> float:
        """Mails a second."""
        self._sink.reset()
        with smtplib.SMTP("127.0.0.1", self._sink.port) as relay:
            for _ in range(size):
                relay.sendmail(SENDER, RECIPIENT, self._mail)
                if self._commits:
                    self._commits.commit()
        return 1 / self._sink.seconds_each


class Committing:
    """The least that the bare loop takes once each mail is marked before the next: what this disk allows at all."""

    def __init__(self, sink: Sink, folder: Path, mail: bytes) -> None:
        self._with, self._without = BareLoop(sink, mail, BareCommits(folder / "marks.db")), BareLoop(sink, mail)
        self.figure = Figure("smtplib and a bare commit a mail", "smtplib, one connection", "mails/s")

    def round(self, size: int) -> None:
        self.figure.add(self._with.run(size), self._without.run(size))


class Draining:
    """A relay comes back. Each mail's mark is on disk before the next MAIL FROM; the bare loop marks nothing."""

    def __init__(self, sink: Sink, folder: Path, mail: bytes, relay: str) -> None:
        self._sink, self._folder, self._mail = sink, folder, mail
        self._bare = BareLoop(sink, mail)
        self.figure = Figure(f"drain of a backlog, {relay}", "smtplib, one connection", "mails/s")

    def round(self, size: int) -> None:
        self.figure.add(self._drain(size), self._bare.run(size))

    def _drain(self, size: int) -> float:
        instance = self._folder / f"{self._sink.port}-{len(self.figure.ours)}"
        self._sink.reset()
        start.prepare(Settings(instance=instance), clock.now()).close()  # `kiosk forward` makes no kiosk
        with Program("forward", instance=instance, environment=self._sink.environment):
            wait_until_it_beats(instance)
            with open_database(instance / "kiosk.db") as db:
                away = clock.now() + timedelta(minutes=10)
                relay_failed(db, state="down", reply="away", next_try_at=away, now=clock.now())
                store_backlog(instance, self._mail, size)
                lift_pause(db, clock.now())
            wakeup.wake(instance)
            self._sink.wait_for(size)
        return 1 / self._sink.seconds_each


class ReachingTheInbox:
    """From the first byte of a report's request until the relay has its whole mail."""

    def __init__(self, kiosk: Kiosk, sink: Sink, mail: bytes) -> None:
        self._visitor = Visitor(kiosk)
        self._sink, self._mail = sink, mail
        self.figures = [
            Figure("submit to inbox, p50", "smtplib: connect and send, p50", "ms"),
            Figure("submit to inbox, most", "smtplib: connect and send, most", "ms"),
        ]

    def round(self, size: int) -> None:
        ours, theirs = [], []
        for _ in range(size):
            time.sleep(QUIET)
            ours.append(self._report() * 1e3)
            time.sleep(QUIET)
            theirs.append(self._send() * 1e3)
        for figure, share in zip(self.figures, (0.5, 1.0), strict=True):
            figure.add(percentile(ours, share), percentile(theirs, share))

    def _report(self) -> float:
        self._sink.reset()
        started = time.monotonic()
        self._visitor.submit()
        self._sink.wait_for(1)
        return self._sink.last_at - started

    def _send(self) -> float:
        self._sink.reset()
        started = time.monotonic()
        with smtplib.SMTP("127.0.0.1", self._sink.port) as relay:
            relay.sendmail(SENDER, RECIPIENT, self._mail)
        return self._sink.last_at - started
