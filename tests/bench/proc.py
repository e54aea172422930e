"""Processes as /proc shows them: time on the processors, memory, children; and one that ends with its block."""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.processes import ROOT
from tests.waiting import until

SLEPT = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)", re.MULTILINE)
TICKS = os.sysconf("SC_CLK_TCK")  # a second
ENDING = 10.0  # seconds
MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ ([0-9a-f]+ \S+ (\d+))")  # offset, device, inode (0: no file)
RESIDENT = re.compile(r"^(Rss|Anonymous): +(\d+) kB")
OWN = re.compile(r"^Pss_(?:Anon|Shmem): +(\d+) kB", re.MULTILINE)
MIB = 1024  # kB


@contextmanager
def running(command: Sequence[str], *, output: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """Ended by its own number when the block is left."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def processor_seconds(process: int) -> float:
    """User and system time of all its threads so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wake_ups(process: int) -> int:
    """Wake-ups of its threads so far: each time that one had gone to sleep."""
    threads = Path(f"/proc/{process}/task").glob("*/status")
    return sum(int(SLEPT.findall(thread.read_text(encoding="utf-8"))[0]) for thread in threads)


def threads_of(process: int) -> set[int]:
    return {int(task.name) for task in Path(f"/proc/{process}/task").iterdir()}


def child_of(process: int) -> int:
    """Its only child, once it is there."""
    return until(lambda: _child_of(process))


def _child_of(process: int) -> int:
    """0 while there is none."""
    for thread in threads_of(process):
        children = Path(f"/proc/{process}/task/{thread}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
    return 0


def held_alone(processes: Sequence[int]) -> float:
    """MiB that these processes would hold together (PSS) if nothing else ran on the machine.

    A page of a program or a library counts once, whoever else has it mapped now: PSS itself would give the share of it
    to other Pythons that happen to run, the measuring one among them.
    """
    files: dict[str, int] = defaultdict(int)
    own = 0
    for process in processes:
        place = Path(f"/proc/{process}")
        own += sum(map(int, OWN.findall((place / "smaps_rollup").read_text(encoding="ascii"))))
        for name, resident in _mapped_files(place / "smaps").items():
            files[name] = max(files[name], resident)
    return (own + sum(files.values())) / MIB


def _mapped_files(smaps: Path) -> dict[str, int]:
    """kB in memory of each mapped part of a file."""
    found: dict[str, int] = defaultdict(int)
    name = ""
    for line in smaps.read_text(encoding="utf-8", errors="replace").splitlines():
        if mapping := MAPPING.match(line):
            name = "" if mapping[2] == "0" else mapping[1]
        elif name and (amount := RESIDENT.match(line)):
            found[name] += int(amount[2]) if amount[1] == "Rss" else -int(amount[2])
    return found
