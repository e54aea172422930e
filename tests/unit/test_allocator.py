"""Memory that threads and large blocks need for a moment is not kept, as glibc would otherwise do."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")

# An arena of a thread begins at a multiple of 64 MiB.
ARENAS = """
import threading
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
LARGE_BLOCKS_ON_THE_HEAP = """
block = bytearray(8 << 20)
del block
block = bytearray(8 << 20)
begin, end = next(line.split()[0].split("-") for line in open("/proc/self/maps") if "[heap]" in line)
print((int(end, 16) - int(begin, 16)) // len(block))
"""


def counted(program: str, *, first: str = "") -> int:
    command = [sys.executable, "-c", f"from kiosk.commands.allocator import keep_little\n{first}\n{program}"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("program", [ARENAS, LARGE_BLOCKS_ON_THE_HEAP])
def test_what_is_needed_for_a_moment_is_not_kept(program: str) -> None:
    assert counted(program) > 0
    assert counted(program, first="keep_little()") == 0
