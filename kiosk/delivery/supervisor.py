"""Supervisor of `kiosk forward`: starts and restarts it beside the doors, stops it at the end.

The child ends when its standard input closes, so also when this process dies.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart: doubled each time, reset after a good run
GOOD_RUN = 60.0  # seconds
LAST_WORDS = 12.0  # seconds for the child to finish the mail being sent


class Supervisor:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Terminate the child, then kill it if it does not end."""
        self._stop.set()
        if self._child and self._child.poll() is None:
            self._child.terminate()
        self._thread.join(LAST_WORDS)
        if self._child and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                ran_well = self._run_once()
            except OSError as error:  # no memory or file handles: may pass
                log.error("the forwarder cannot be started (%s); trying again", error.strerror)
                ran_well = False
            pause = FIRST_PAUSE if ran_well else min(pause * 2, LONGEST_PAUSE)
            self._stop.wait(pause)

    def _run_once(self) -> bool:
        """True if the child ran long enough to reset the pause."""
        began = time.monotonic()
        with subprocess.Popen(self._command, stdin=subprocess.PIPE) as child:  # noqa: S603 - our own program
            self._child = child
            if self._stop.is_set():
                child.terminate()
            code = child.wait()
        if not self._stop.is_set():
            log.error("the forwarder ended with status %s; starting it again", code)
        return time.monotonic() - began > GOOD_RUN
