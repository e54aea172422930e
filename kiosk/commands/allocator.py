"""Memory allocator: one arena for all threads.

glibc gives each thread an arena of its own, up to eight for each core, and each keeps what its largest page once
needed. Python's lock lets one thread allocate at a time anyway.
"""

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8  # from glibc's malloc.h


def use_one_arena() -> None:
    """Before any thread starts. Another C library keeps its own ways."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
