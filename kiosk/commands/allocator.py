"""Memory allocator (glibc's malloc): one arena for all threads, and large blocks given back when they are freed.

glibc gives each thread an arena of its own, up to eight for each core, and each keeps what its largest page once
needed; Python's lock lets one thread allocate at a time anyway. Once a large block was freed, glibc puts those of its
size on the heap, where one small block behind them keeps them all: so a digest of a thousand reports left 10 MiB.
"""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # from glibc's malloc.h
LARGE = 256 * 1024  # bytes


def keep_little() -> None:
    """Before any thread starts. Another C library keeps its own ways."""
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE)
