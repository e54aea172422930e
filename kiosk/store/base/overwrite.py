"""Overwriting files in place: an unlinked or truncated file gives its blocks back with their content.

It reaches the blocks that the file system wrote to. Flash storage, and file systems that write each change elsewhere
(btrfs, ZFS, f2fs), may keep older copies.
"""

import fcntl
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

BLOCK = 256 * 1024  # bytes
ERASING = ".erasing"  # suffix of a file that is being overwritten


def zero(descriptor: int, start: int = 0) -> None:
    """Write zeros from ``start`` to the end, unsynced; blocks that are zero already are not written again."""
    end = os.fstat(descriptor).st_size
    for at in range(start, end, BLOCK):
        length = min(BLOCK, end - at)
        if os.pread(descriptor, length, at).strip(b"\0"):
            os.pwrite(descriptor, bytes(length), at)


def overwrite(descriptor: int) -> None:
    """Raises OSError."""
    zero(descriptor)
    os.fdatasync(descriptor)


def remove(path: Path) -> None:
    """Overwrite and unlink a file, or all files of a folder; nothing happens where there is none. Raises OSError.

    The file is renamed first: a half overwritten key must not be taken for a key after a crash (see
    ``finish_removals``). One that has another name, or is a link, is only unlinked.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
        return
    if not path.is_file() or path.is_symlink() or found.st_nlink > 1:
        path.unlink()
        return
    if path.suffix != ERASING:
        path = path.rename(path.with_name(path.name + ERASING))
    with path.open("r+b", buffering=0) as file:
        overwrite(file.fileno())
    path.unlink()


def remove_tree(folder: Path) -> None:
    """Like ``shutil.rmtree``, but overwrites every file. Raises OSError."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            remove(path)
    shutil.rmtree(folder)


def finish_removals(folder: Path) -> None:
    """Remove what a crash left half overwritten, in all folders below; not what another process has open."""
    for path in sorted(folder.rglob(f"*{ERASING}")):
        with suppress(FileNotFoundError), path.open("rb") as file:
            if is_open_here_alone(file.fileno()):
                remove(path)


def is_open_here_alone(descriptor: int) -> bool:
    """False if the file is open a second time, in this process or another, or if the kernel cannot tell."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # ignored; SIGIO would end us if somebody opens it now
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True
