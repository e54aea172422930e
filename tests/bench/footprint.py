"""What the kiosk holds in memory, and how long it takes to be there, beside a Python that does nothing."""

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.processes import Kiosk

START = 2.0  # seconds, after which a forwarder has started for good


class Memory:
    """PSS counts a page that several processes share once; RSS counts it for each."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self.figures: list[Figure] = []

    def look(self, when: str) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bare:
            time.sleep(START)
            least = _held_by(bare.pid)
            doors = _held_by(self._kiosk.process.pid)
            forwarder = _held_by(_child_of(self._kiosk.process.pid))
            bare.kill()
        for kind in ("Pss", "Rss"):
            for name, held in (("kiosk run", doors), ("its forwarder", forwarder)):
                figure = Figure(f"{kind.upper()} of {name}, {when}", "python that waits", "MiB")
                figure.add(held[kind], least[kind])
                self.figures.append(figure)


class ColdStart:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.figure = Figure("start to the first page (200)", "python -c pass", "ms")

    def round(self) -> None:
        started = time.perf_counter()
        with Kiosk(instance=self._folder / f"cold-{len(self.figure.ours)}") as kiosk:
            if kiosk.get("/")[0] != 200:
                raise RuntimeError("no home page")
            ours = time.perf_counter() - started
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        self.figure.add(ours * 1e3, (time.perf_counter() - started) * 1e3)


def _held_by(process: int) -> dict[str, float]:
    """MiB."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return {kind: int(amount) / 1024 for kind, amount in re.findall(r"^(Pss|Rss): +(\d+) kB", text, re.MULTILINE)}


def _child_of(process: int) -> int:
    for task in Path(f"/proc/{process}/task").iterdir():
        children = (task / "children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
    raise RuntimeError("the kiosk has no forwarder")
