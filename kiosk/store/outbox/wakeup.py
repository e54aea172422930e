"""Wake-up of the forwarder for a new report, through a FIFO in the instance.

Optional: it carries no data, and the forwarder checks the queue every second anyway.
"""

import errno
import logging
import os
import select
from pathlib import Path
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

NAME = "forwarder.bell"
NOBODY_LISTENS = {errno.ENXIO, errno.ENOENT}
RUNG_ALREADY = {errno.EAGAIN}


def wake(instance: Path) -> None:
    """Never blocks, with or without a listener; never raises, because the report is already stored."""
    try:
        descriptor = os.open(instance / NAME, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NOBODY_LISTENS | RUNG_ALREADY:
            log.warning("the forwarder cannot be woken (%s); it looks into the queue by itself", error.strerror)


class Wakeup:
    """Listening side; also opened for writing, so that it never reads an end of file."""

    def __init__(self, instance: Path) -> None:
        path = instance / NAME
        if not path.is_fifo():
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o600)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        """True if woken before the timeout; several signals count as one."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if ready:
            os.read(self._descriptor, 65536)
        return bool(ready)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
