"""A background process that walks the chains of an instance as fast as it can, on a clock that runs much too fast."""

import time
from datetime import datetime, timedelta

from kiosk.config import Settings
from kiosk.duty.escalation import take_steps
from kiosk.store.base.connection import open_database
from tests.crash.forked import context
from tests.duty import MORNING

HASTE = 2400  # seconds of its clock in one


def fast_clock(began: float) -> datetime:
    """``began``: the moment, on the real clock, at which the fast one showed MORNING."""
    return MORNING + timedelta(seconds=(time.time() - began) * HASTE)


def walk(settings: Settings, began: float) -> None:
    """Never ends by itself."""
    db = open_database(settings.database)
    while True:
        take_steps(db, settings, fast_clock(began))


class Walker:
    """The background process; ``restart`` kills it first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.began = time.time()
        self._start()

    def _start(self) -> None:
        self._process = context().Process(target=walk, args=(self.settings, self.began), daemon=True)
        self._process.start()

    def restart(self) -> None:
        self.kill()
        self._start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
