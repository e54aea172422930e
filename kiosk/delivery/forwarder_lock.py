"""Lock of the forwarder: one process of an instance sends, others stand by."""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.config import Settings

log = logging.getLogger(__name__)


@contextmanager
def forwarder_lock(settings: Settings, stop: threading.Event | None) -> Iterator[bool]:
    """Kernel lock, released with the process. With ``stop``: wait; without: False if taken."""
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
