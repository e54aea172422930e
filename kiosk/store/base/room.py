"""Full disk: recognise it in an error, and say so instead of suspecting the database."""

import errno
import shutil
import sqlite3
from pathlib import Path

LEAST = 1024 * 1024  # bytes: below this, SQLite's other files beside the database do not fit either
FULL = "Le disque est plein\u00a0: libérez de l'espace, puis recommencez. Ce qui était enregistré l'est toujours."
# Without room for its shared memory SQLite says that it cannot open, read or write.
MAYBE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def is_full_disk(error: BaseException | None, place: Path) -> bool:
    """``place``: the database, also one that is not there yet."""
    while error is not None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
            return True
        if code in MAYBE and has_no_room(place):
            return True
        error = error.__cause__
    return False


def has_no_room(place: Path) -> bool:
    try:
        return shutil.disk_usage(place.parent).free < LEAST
    except OSError:
        return False
