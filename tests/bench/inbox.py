"""A report on its way to the inbox, beside that of a plain outbox."""

import time
from typing import NamedTuple

from tests.bench.bench import Bench
from tests.bench.figures import percentile
from tests.bench.measurement import Measurement
from tests.bench.servers import Server
from tests.bench.visitor import Visitor

QUIET = 0.05  # seconds between two reports, so that everything has gone back to sleep


class Arrival(NamedTuple):
    """Milliseconds to the MSSI's inbox, and to the last of the three."""

    mssi: float
    last: float


class ReachingTheInbox(Measurement):
    """From the first byte of a report's request until the relay has a whole mail: the MSSI's, and the last of three."""

    heading = "submit to inbox"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._mssi = self.figure("to the MSSI's inbox, p50", "outbox: the same", "ms")
        self._last = self.figure("to the last of three inboxes, p50", "outbox: the same", "ms")
        self._worst = self.figure("to the last of three inboxes, most", "outbox: the same", "ms")

    def round(self) -> None:
        visitors = [(server, server.visitor()) for server in self._bench.servers]
        taken: list[list[Arrival]] = [[] for _ in visitors]
        for _ in range(self._bench.options.size):
            for arrivals, each in zip(taken, visitors, strict=True):
                arrivals.append(_report(*each))
        self._mssi.add(*(percentile([one.mssi for one in arrivals], 0.5) for arrivals in taken))
        self._last.add(*(percentile([one.last for one in arrivals], 0.5) for arrivals in taken))
        self._worst.add(*(percentile([one.last for one in arrivals], 1.0) for arrivals in taken))
        for _, visitor in visitors:
            visitor.leaves()


def _report(server: Server, visitor: Visitor) -> Arrival:
    time.sleep(QUIET)
    server.sink.reset()
    started = time.monotonic()
    visitor.reports()
    server.wait_for_mails_of(1)
    moments = server.sink.last_to_the_mssi_at, server.sink.last_at
    return Arrival(*((moment - started) * 1e3 for moment in moments))
