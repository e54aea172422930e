"""Memory, wake-ups and start of the kiosk, beside a plain outbox and a Python that does nothing."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from kiosk.config.settings import Languages
from kiosk.domain.catalogue import KINDS
from tests.bench.bench import Bench
from tests.bench.measurement import Measurement
from tests.bench.proc import held_alone, running
from tests.bench.servers import Ours, Outbox, Server
from tests.bench.wire import Connection, request

WAITS, OUTBOX = "python that waits", "outbox"
WINDOW = 4.0  # seconds
SOME = 20  # reports at once before their mails are waited for
PAGES = [
    f"/{language}/{page}"
    for language in Languages().offered
    for page in (
        *("", "follow-up", "help/rules", "help/contacts", "help/privacy", "help/accessibility"),
        *(f"report/{kind}" for kind in KINDS),
    )
]


class Memory(Measurement):
    """Of servers that nothing else was asked of."""

    heading = "memory"
    once = True

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        both, reports = "doors and forwarder", f"after {bench.options.memory_reports} reports"
        self._start = self.figure(f"{both}, just started", WAITS, "MiB")
        self._pages = self.figure(f"{both}, after pages of all kinds and languages", WAITS, "MiB")
        self._by_python = self.figure(f"{both}, {reports}", WAITS, "MiB")
        self._by_outbox = self.figure(f"{both}, {reports}", OUTBOX, "MiB")
        self._doors = self.figure(f"doors alone, {reports}", OUTBOX, "MiB")
        self._forwarder = self.figure(f"forwarder alone, {reports}", OUTBOX, "MiB")
        self.notes = ["PSS as if nothing else ran on the machine: a page of a library counts once for both processes."]

    def round(self) -> None:
        with ExitStack() as stack:
            ours = Ours(stack, self._bench.folder / "memory")
            ours.wait_for_forwarder()
            outbox = Outbox(stack, self._bench.folder / "memory-outbox", self._bench.annex)
            least = stack.enter_context(python_that_waits())
            self._start.add(held_alone(ours.processes), least)
            show_all_pages(ours)
            self._pages.add(held_alone(ours.processes), least)
            for server in (ours, outbox):
                visit(server, self._bench.options.memory_reports)
            held, held_by_outbox = held_alone(ours.processes), held_alone(outbox.processes)
            self._by_python.add(held, least)
            self._by_outbox.add(held, held_by_outbox)
            for figure, process in zip((self._doors, self._forwarder), ours.processes, strict=True):
                figure.add(held_alone([process]), held_by_outbox)


@contextmanager
def python_that_waits() -> Iterator[float]:
    """MiB that it holds."""
    with running([sys.executable, "-c", "print(flush=True); input()"], output=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield held_alone([process.pid])


def show_all_pages(server: Ours) -> None:
    connection = Connection(server.requests.port)
    for path in PAGES:
        if connection.ask(request("GET", path, server.requests.port)).status != 200:
            raise RuntimeError(f"no page {path}")
    connection.close()


def visit(server: Server, reports: int) -> None:
    """As often, until all mails are sent and erased."""
    visitor = server.visitor()
    server.sink.reset()
    for number in range(1, reports + 1):
        visitor.visits()
        if number % SOME == 0:
            server.wait_for_mails_of(number)
    server.wait_until_all_is_done()
    visitor.leaves()


class Idleness(Measurement):
    """Of both servers at the same time, with nobody there and nothing to send."""

    heading = "idle"
    once = True

    def round(self) -> None:
        servers = self._bench.servers
        for server in servers:
            server.wait_until_all_is_done()
        before = [server.wake_ups() for server in servers]
        time.sleep(WINDOW)
        woken = [(server.wake_ups() - count) / WINDOW for server, count in zip(servers, before, strict=True)]
        self.figure("wake-ups, doors and forwarder", OUTBOX, "/s").add(*woken)


class ColdStart(Measurement):
    """Of a new instance until its first page is there."""

    heading = "start"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._by_outbox = self.figure("start to the first page, new instance", OUTBOX, "ms")
        self._by_python = self.figure("start to the first page, new instance", "python -c pass", "ms")

    def round(self) -> None:
        number = len(self._by_outbox.ours)
        with ExitStack() as stack:
            ours = _timed(lambda: Ours(stack, self._bench.folder / f"cold-{number}").visitor().opens_home())
            annex = self._bench.annex
            outbox = _timed(lambda: Outbox(stack, self._bench.folder / f"cold-outbox-{number}", annex))
        python = _timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
        self._by_outbox.add(ours, outbox)
        self._by_python.add(ours, python)


def _timed(starts: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    starts()
    return (time.perf_counter() - started) * 1e3
