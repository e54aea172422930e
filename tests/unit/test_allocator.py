"""One malloc arena serves all threads, which glibc would else give one each."""

import platform
import subprocess
import sys

import pytest

# An arena of a thread begins at a multiple of 64 MiB.
ARENAS = """
import threading
from kiosk.commands.allocator import use_one_arena
{first}
gate = threading.Barrier(9)
def hold():
    kept = bytearray(50_000)
    gate.wait(); gate.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for each in threads: each.start()
gate.wait()
print(sum(int(line.partition("-")[0], 16) % (64 << 20) == 0 for line in open("/proc/self/maps")))
gate.wait()
"""


def arenas(first: str) -> int:
    program = [sys.executable, "-c", ARENAS.format(first=first)]
    return int(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas of threads are glibc's")
def test_threads_share_one_arena() -> None:
    assert arenas("") > 0
    assert arenas("use_one_arena()") == 0
