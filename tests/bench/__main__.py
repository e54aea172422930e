"""`make bench`: everything in one interleaved run. Read the ratios: the rest depends on the machine."""

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.console import Console
from tests.bench.figures import Figure, as_table
from tests.bench.footprint import ColdStart, Memory
from tests.bench.sending import Committing, Draining, ReachingTheInbox, a_real_mail
from tests.bench.sink import CORES, THE_SENDERS_CORES, Sink
from tests.bench.submitting import Submitting
from tests.processes import ROOT, Kiosk

CACHE = ROOT / ".cache"
RESULTS = CACHE / "bench.json"
INBOX_SHARE = 20  # one report to its inbox for so many of the backlog: each waits for the machine to be quiet


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rounds", type=int, default=4, help="how often everything is measured in turn")
    parser.add_argument("--size", type=int, default=300, help="reports, and mails of a backlog, a round")
    parser.add_argument("--reports", type=int, default=100_000, help="reports before the busier of two consoles")
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CACHE) as folder:
        figures, mail_size = measure(Path(folder), options)
    print(as_table(figures))
    print(
        f"\nMedians of {options.rounds} rounds (least–most) with {options.size} reports each; a mail has {mail_size}"
        f" bytes; {len(CORES)} cores, the relay on one of its own."
    )
    write_results(figures, options.rounds, options.size, mail_size)


def measure(folder: Path, options: argparse.Namespace) -> tuple[list[Figure], int]:
    rounds, size = options.rounds, options.size
    with ExitStack() as stack:
        sink, plain_sink = stack.enter_context(Sink()), stack.enter_context(Sink(pipelining=False))
        idle = stack.enter_context(Kiosk(instance=folder / "idle"))
        busy = stack.enter_context(Kiosk(instance=folder / "busy", environment=sink.environment))
        memory = Memory(busy)
        memory.look("idle")
        mail = a_real_mail(idle)
        submitting = Submitting(idle, busy, sink, folder)
        inbox = ReachingTheInbox(busy, sink, mail)
        drains: list[Draining | Committing] = [
            Committing(plain_sink, folder, mail),
            Draining(sink, folder, mail, "PIPELINING offered"),
            Draining(plain_sink, folder, mail, "not offered"),
        ]
        start = ColdStart(folder)
        console = Console(folder / "console", options.reports)
        for _ in range(rounds):
            submitting.round(size)
            inbox.round(max(5, size // INBOX_SHARE))
            with away_from_the_relay():
                for drain in drains:
                    drain.round(size)
            start.round()
            console.round()
        memory.look("after the load")
        drained = [drain.figure for drain in drains]
        speeds = [*submitting.figures, *drained, *inbox.figures, *console.figures]
        return [*speeds, start.figure, *memory.figures], len(mail)


@contextmanager
def away_from_the_relay() -> Iterator[None]:
    """Programs started meanwhile inherit it."""
    os.sched_setaffinity(0, THE_SENDERS_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def write_results(figures: list[Figure], rounds: int, size: int, mail_size: int) -> None:
    results = {
        "rounds": rounds,
        "size": size,
        "mail_bytes": mail_size,
        "machine": {"python": platform.python_version(), "system": platform.release(), "cores": len(CORES)},
        "figures": [figure.as_json() for figure in figures],
    }
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"All figures: {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
