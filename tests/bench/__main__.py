"""`make bench`: everything in one interleaved run. Read the ratios: the rest depends on the machine."""

import argparse
import json
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from kiosk.bundles import copies_to_make
from kiosk.commands.assets import compress_texts
from tests.bench.bench import Bench, Options
from tests.bench.console import Console, NowAndThen
from tests.bench.crowd import Crowd
from tests.bench.figures import as_table
from tests.bench.footprint import ColdStart, Idleness, Memory
from tests.bench.inbox import ReachingTheInbox
from tests.bench.measurement import Measurement
from tests.bench.pages import Pages
from tests.bench.sending import Draining
from tests.bench.servers import mail_size
from tests.bench.sink import CORES
from tests.bench.syncs import Syncs
from tests.bench.weight import Weight
from tests.processes import ROOT
from tests.translations import compile_translations

CACHE = ROOT / ".cache"
# In the order of the run: memory first, while nothing else has been started.
MEASUREMENTS: dict[str, type[Measurement]] = {
    "memory": Memory,
    "pages": Pages,
    "inbox": ReachingTheInbox,
    "crowd": Crowd,
    "drain": Draining,
    "syncs": Syncs,
    "weight": Weight,
    "idle": Idleness,
    "start": ColdStart,
    "console": Console,
    "seldom": NowAndThen,
}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that everything started is ended
    given = _parser().parse_args()
    reports = (given.reports, 1_000_000) if given.large else (given.reports,)
    options = Options(rounds=given.rounds, size=given.size, reports=reports, memory_reports=given.memory_reports)
    CACHE.mkdir(exist_ok=True)
    compile_translations()  # a checkout that was only pulled has none, or old ones
    compress_texts(ROOT, copies_to_make(ROOT / "static"))  # the same
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CACHE) as folder, ExitStack() as stack:
        bench = Bench(Path(folder), options, stack)
        measured = measure(bench, given.only or list(MEASUREMENTS))
        print(as_table(measured))
        print(_conditions(bench))
        _write(given.json, bench, measured)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured in turn")
    parser.add_argument("--size", type=int, default=60, help="reports a figure; a backlog has five times as many mails")
    parser.add_argument("--reports", type=int, default=100_000, help="reports before the busier of two consoles")
    parser.add_argument("--large", action="store_true", help="a third console, with 1,000,000 reports (some minutes)")
    parser.add_argument("--memory-reports", type=int, default=200, help="reports before memory is looked at again")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="this alone; may be given again")
    parser.add_argument("--json", type=Path, default=CACHE / "bench.json", help="file of all figures")
    return parser


def measure(bench: Bench, names: Sequence[str]) -> list[Measurement]:
    made = [measurement(bench) for name, measurement in MEASUREMENTS.items() if name in names]
    for number in range(bench.options.rounds):
        for each in made:
            if number == 0 or not each.once:
                each.round()
    return made


def _conditions(bench: Bench) -> str:
    options, mail = bench.options, len(bench.mail)
    return (
        f"\nMedians of {options.rounds} rounds (least–most) with {options.size} reports for each figure. Three mails a"
        f" report, of {mail} bytes; the outbox's have {mail_size(bench.annex)}. {len(CORES)} cores, the relay on one of"
        " its own."
    )


def _write(path: Path, bench: Bench, measured: Sequence[Measurement]) -> None:
    results = {
        "rounds": bench.options.rounds,
        "size": bench.options.size,
        "mail_bytes": len(bench.mail),
        "machine": {"python": platform.python_version(), "system": platform.release(), "cores": len(CORES)},
        "sections": [
            {"heading": each.heading, "notes": each.notes, "figures": [figure.as_json() for figure in each.figures]}
            for each in measured
        ],
    }
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"All figures: {path}")


if __name__ == "__main__":
    main()
