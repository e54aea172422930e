"""One and eight visitors at once, each a process of its own, beside the same at a plain outbox.

A client sends bytes that were prepared beforehand and reads as many as it is told (wire.py), so that it is not the
clients that are measured; what they took of the processors is printed.
"""

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from tests.bench.bench import Bench
from tests.bench.figures import percentile
from tests.bench.measurement import Measurement
from tests.bench.servers import Server

MANY = 8
START = 60.0  # seconds in which every client is expected to be ready
fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Visits:
    """Visits of one client; moments in seconds of the monotonic clock, ``taken`` in milliseconds a visit."""

    began: float
    ended: float
    taken: tuple[float, ...]
    processor: float


class Crowd(Measurement):
    heading = "visitors at once"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._figures = {
            clients: [
                self.figure(f"visits of {words}", "outbox: the same", "/s"),
                self.figure(f"visit of {words}, p50", "outbox: the same", "ms"),
                self.figure(f"visit of {words}, p99", "outbox: the same", "ms"),
            ]
            for clients, words in ((1, "one client"), (MANY, "eight clients"))
        }
        self._both = self.figure("visits of eight clients", "of one client", "/s")
        self._share = 0.0

    def round(self) -> None:
        rates = []
        for clients, (rate, p50, p99) in self._figures.items():
            crowds = [self._crowd(server, clients) for server in self._bench.servers]
            rate.add(*map(visits_a_second, crowds))
            taken = [[each for one in crowd for each in one.taken] for crowd in crowds]
            p50.add(*(percentile(times, 0.5) for times in taken))
            p99.add(*(percentile(times, 0.99) for times in taken))
            rates.append(rate.ours[-1])
            self._share = max(self._share, *map(share_of_the_processors, crowds))
        self._both.add(rates[1], rates[0])
        self.notes = [f"Clients took {self._share:.0%} of the processors at most: the servers had the rest."]

    def _crowd(self, server: Server, clients: int) -> list[Visits]:
        server.sink.reset()
        each = -(-self._bench.options.size // clients)
        found = come_together(server, clients, each)
        server.wait_for_mails_of(clients * each)
        return found


def come_together(server: Server, clients: int, each: int) -> list[Visits]:
    """``each``: visits of every client."""
    ready, pipes, processes = fork.Barrier(clients), [fork.Pipe(duplex=False) for _ in range(clients)], []
    try:
        for _, told in pipes:
            processes.append(fork.Process(target=_visit, args=(server, each, ready, told), daemon=True))
            processes[-1].start()
            told.close()  # so that a client that dies ends the wait for it
        return [heard.recv() for heard, _ in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join()
            process.close()
        for heard, _ in pipes:
            heard.close()


def _visit(server: Server, visits: int, ready: Barrier, told: Connection) -> None:
    visitor = server.visitor()
    ready.wait(START)
    before, began = time.process_time(), time.monotonic()
    taken = tuple(visitor.visits() * 1e3 for _ in range(visits))
    told.send(Visits(began, time.monotonic(), taken, time.process_time() - before))
    visitor.leaves()


def visits_a_second(crowd: Sequence[Visits]) -> float:
    return sum(len(one.taken) for one in crowd) / lasted(crowd)


def share_of_the_processors(crowd: Sequence[Visits]) -> float:
    return sum(one.processor for one in crowd) / lasted(crowd) / len(os.sched_getaffinity(0))


def lasted(crowd: Sequence[Visits]) -> float:
    return max(one.ended for one in crowd) - min(one.began for one in crowd)
