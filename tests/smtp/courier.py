"""A sending thread's hands, for tests: the real step, a real SMTP server, a clock that tests move."""

import dataclasses
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk.config import Security, Settings, Smtp
from kiosk.delivery.courier import Courier
from kiosk.delivery.relay import Relay
from kiosk.delivery.step import deliver_one
from kiosk.reporting.digests import make_digests
from kiosk.store.instance import start
from tests.build import NOON
from tests.waiting import PATIENCE


class Hand:
    """``courier`` delivers by ``deliver()``; ``wait()`` moves the clock."""

    def __init__(self, db: Database, settings: Settings, smtp: Smtp, *, attempt_limit: float = PATIENCE) -> None:
        self.db = db
        self.moment: datetime = NOON
        self.smtp = smtp
        self._attempt_limit = attempt_limit
        configured = dataclasses.replace(settings, smtp=smtp)
        self.stop = threading.Event()
        self.courier = Courier(db, configured, self._relay(), lambda: self.moment, self.stop, group=make_digests)

    def _relay(self) -> Relay:
        return Relay(self.smtp, password=None, local_hostname="kiosk.invalid", attempt_limit=self._attempt_limit)

    def wait(self, **duration: float) -> None:
        self.moment += timedelta(**duration)
        self.courier.group_at = -math.inf  # the steady clock does not move with it

    def deliver(self) -> bool:
        """One step."""
        return deliver_one(self.courier)

    def deliver_all(self) -> int:
        """Steps until there is nothing more to do now; how many mails were sent."""
        before = self.count("sent")
        while self.deliver():
            continue
        self.hang_up()
        return self.count("sent") - before

    def hang_up(self) -> None:
        self.courier.relay.close()
        self.courier.relay = self._relay()

    def count(self, state: str) -> int:
        found: int = self.db.execute("SELECT count(*) FROM deliveries WHERE state = ?", (state,)).fetchone()[0]
        return found

    def actions(self) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT action FROM events ORDER BY id")]


def plain(port: int, **changes: object) -> Smtp:
    return dataclasses.replace(Smtp(host="127.0.0.1", port=port, security=Security.NONE), **changes)  # type: ignore[arg-type]


@contextmanager
def hand_to(settings: Settings, port: int, **changes: object) -> Iterator[Hand]:
    with start.prepare(settings, NOON) as db:
        hand = Hand(db, settings, plain(port, **changes))
        yield hand
        hand.courier.relay.close()
