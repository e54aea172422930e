"""Snapshot: a plain copy of the database for the time of a backup, in the instance and never on the backup's medium.

One consistent state, taken while the kiosk runs: a WAL reader blocks no writer. A killed backup leaves its copy, locked
by nobody: the next start removes it.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import StoreError
from kiosk.store.base import overwrite
from kiosk.store.base.connection import open_database
from kiosk.store.base.damage import is_whole
from kiosk.store.trace import events

PREFIX = ".copy-"
RESERVE = 8 * 1024 * 1024  # bytes left on the disk for reports that come in meanwhile
# Bytes 18 and 19 of a database: 2 in WAL mode, else 1. The copy has no WAL; the next open sets the mode again.
LOG_AT, NO_LOG = 18, b"\1\1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    file: BinaryIO
    head: TraceHead
    migrations: list[str]


@contextmanager
def taken(settings: Settings) -> Iterator[Snapshot]:
    """Raises StoreError, and leaves nothing, if the database is damaged or the disk of the instance has no room."""
    with _private_file(settings.instance) as (file, path):
        try:
            snapshot = _filled(settings.database, file, path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"La base ne peut pas être copiée dans {settings.instance} ({error}) : libérez de la place sur son"
                " disque. Aucune sauvegarde n'a été faite."
            ) from error
        yield snapshot


def remove_left(settings: Settings) -> None:
    """Copies of backups that were killed; one under way holds its lock."""
    for path in settings.instance.glob(f"{PREFIX}*"):
        with path.open("rb") as file:
            if _locked(file.fileno()):
                overwrite.remove(path)


@contextmanager
def _private_file(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    while True:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=PREFIX)
        if _locked(descriptor) and os.fstat(descriptor).st_nlink:  # else a start took it for a killed one's
            break
        os.close(descriptor)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            yield file, Path(name)
        finally:
            overwrite.remove(Path(name))


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _filled(database: Path, file: BinaryIO, path: Path) -> Snapshot:
    with closing(sqlite3.connect(path)) as copy:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "temp_store = MEMORY"):
            copy.execute(f"PRAGMA {pragma}").fetchall()
        _copy(database, copy)
        os.pwrite(file.fileno(), NO_LOG, LOG_AT)
        return Snapshot(file, *_checked(copy))


def _copy(database: Path, copy: sqlite3.Connection) -> None:
    """One step reads one consistent state."""
    with open_database(database) as source:
        pages, size = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        missing = pages * size + RESERVE - shutil.disk_usage(database.parent).free
        if missing > 0:
            raise OSError(f"il manque {missing // 1_000_000 + 1} Mo")
        source.conn.backup(copy)


def _checked(copy: sqlite3.Connection) -> tuple[TraceHead, list[str]]:
    """Check the copy: it has any damage of the original, whose WAL does not grow meanwhile."""
    db = Database(copy)
    db.execute("PRAGMA shrink_memory").fetchall()  # check what was written, not the page cache
    if not is_whole(db):
        raise StoreError(
            "La base est endommagée : aucune sauvegarde n'a été faite. Gardez-la et restaurez la dernière sauvegarde."
        )
    names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    return events.head(db), names
