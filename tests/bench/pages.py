"""Single pages and a whole visit over HTTP, one visitor at a time, beside the same of a plain outbox."""

from collections.abc import Callable

from tests.bench.bench import Bench
from tests.bench.figures import percentile
from tests.bench.measurement import Measurement
from tests.bench.servers import Server
from tests.bench.visitor import Visitor

OUTBOX = "outbox"


class Pages(Measurement):
    """From the first byte of the request to the last of the answer, with nobody else there."""

    heading = "one visitor"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._form = self.figure("GET of the form, p50", f"{OUTBOX}: its form", "ms")
        self._fragment = self.figure("POST by the terminal's script, p50", f"{OUTBOX}: its POST", "ms")
        self._fragment_p99 = self.figure("POST by the terminal's script, p99", f"{OUTBOX}: its POST", "ms")
        self._plain = self.figure("POST without scripts, 303, GET of the receipt, p50", f"{OUTBOX}: its POST", "ms")
        self._visit = self.figure("whole visit: home, form, POST, home; p50", f"{OUTBOX}: the same", "ms")
        self._processor = self.figure("processor time of a whole visit with its mails", f"{OUTBOX}: the same", "ms")

    def round(self) -> None:
        self._form.add(*self._medians(Visitor.opens_form))
        fragments = self._taken(Visitor.reports)
        self._fragment.add(*(percentile(taken, 0.5) for taken in fragments))
        self._fragment_p99.add(*(percentile(taken, 0.99) for taken in fragments))
        self._plain.add(*self._medians(Visitor.reports_without_script))
        for server in self._bench.servers:
            server.wait_until_all_is_done()
        visits = [self._visits(server) for server in self._bench.servers]
        self._visit.add(*(percentile(taken, 0.5) for taken, _ in visits))
        self._processor.add(*(processor for _, processor in visits))

    def _medians(self, asks: Callable[[Visitor], float]) -> list[float]:
        return [percentile(taken, 0.5) for taken in self._taken(asks)]

    def _taken(self, asks: Callable[[Visitor], float]) -> tuple[list[float], ...]:
        """Milliseconds; both servers are asked in turn, and their mails leave meanwhile."""
        visitors = [server.visitor() for server in self._bench.servers]
        taken: tuple[list[float], ...] = ([], [])
        for _ in range(self._bench.options.size):
            for visitor, times in zip(visitors, taken, strict=True):
                times.append(asks(visitor) * 1e3)
        for visitor in visitors:
            visitor.leaves()
        return taken

    def _visits(self, server: Server) -> tuple[list[float], float]:
        """Milliseconds of each, and those of the processors for one, until its mails are sent and erased."""
        size, before = self._bench.options.size, server.processor_seconds()
        visitor = server.visitor()
        taken = [visitor.visits() * 1e3 for _ in range(size)]
        visitor.leaves()
        server.wait_until_all_is_done()
        return taken, (server.processor_seconds() - before) * 1e3 / size
