"""How a new report wakes the forwarder at once: a FIFO in the instance directory.

Only a courtesy: nothing is carried through it, and the forwarder looks into the queue every second anyway.
"""

import errno
import os
import select
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = "forwarder.bell"
NOBODY_LISTENS = {errno.ENXIO, errno.ENOENT}
RUNG_ALREADY = {errno.EAGAIN}


def ring(instance: Path) -> None:
    """Returns at once, whether or not a forwarder listens."""
    try:
        descriptor = os.open(instance / NAME, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in NOBODY_LISTENS:
            return
        raise
    try:
        os.write(descriptor, b"\n")
    except OSError as error:
        if error.errno not in RUNG_ALREADY:
            raise
    finally:
        os.close(descriptor)


class Bell:
    """The listening side; opened for writing too, so that it never reads an end of file."""

    def __init__(self, instance: Path) -> None:
        path = instance / NAME
        if not path.is_fifo():
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o600)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        """True if rung before the time was over; several rings count as one."""
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
