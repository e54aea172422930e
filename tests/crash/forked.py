"""`kiosk …` processes that start within a moment, because they are forked from a server that has imported everything.

A kill then hits the work and not the imports, and a test of many kills takes seconds.
"""

import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

from kiosk.cli import main
from tests.processes import Kiosk, Program

# What the commands import only when they are called.
IMPORTED = [
    "kiosk.delivery.loop",
    "kiosk.commands.forward",
    "kiosk.commands.run",
    "kiosk.web.public",
    "kiosk.web.staff",
]


def context() -> ForkServerContext:
    found = get_context("forkserver")
    found.set_forkserver_preload([*IMPORTED, __name__, "tests.crash.walking"])
    return found


def _work(command: list[str], environment: Mapping[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["kiosk", *command]
    main()


class Forked:
    """What a Program needs of `subprocess.Popen`."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._process = context().Process(target=_work, args=(command, environment, log))
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it does not end"
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid or 0, number)


class ForkedProgram(Program):
    def start(self) -> None:
        self.process = Forked(self._command[3:], self._environment, self._log)  # type: ignore[assignment]


class ForkedKiosk(ForkedProgram, Kiosk):
    """`kiosk run` on two free ports."""
