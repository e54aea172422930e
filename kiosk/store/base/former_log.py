"""Second name for the WAL, so that it can be overwritten after SQLite has unlinked it.

SQLite unlinks the WAL when the last connection closes; its blocks would keep the text of every mail in it. Python 3.11
cannot tell SQLite to keep the file.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from kiosk.store.base.overwrite import is_open_here_alone, overwrite

log = logging.getLogger(__name__)


def hold_log(database: Path) -> None:
    """Name the WAL in use, and overwrite the one before. Call with an open connection: it keeps the WAL in place.

    A full disk or a file system without hard links must not stop the kiosk.
    """
    try:
        _hold(Path(f"{database}-wal"), Path(f"{database}-wal.held"))
    except OSError as error:
        log.warning("erased text may stay on the disk when the kiosk stops: %s", error.strerror)


def _hold(wal: Path, held: Path) -> None:
    with suppress(FileNotFoundError):
        if held.samefile(wal):
            return
        _overwrite_former(held, wal)
        held.unlink()
    with suppress(FileExistsError):  # another process was faster
        held.hardlink_to(wal)


def _overwrite_former(held: Path, wal: Path) -> None:
    """Not while somebody uses a WAL whose name was deleted by hand (see pool.py)."""
    with held.open("r+b", buffering=0) as file:
        if not os.path.samestat(os.fstat(file.fileno()), wal.stat()) and is_open_here_alone(file.fileno()):
            overwrite(file.fileno())
