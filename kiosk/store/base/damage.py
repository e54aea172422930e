"""Database damage: recognise it in an error, look for it, and remember it beside the database.

A damaged database cannot be trusted to store that it is damaged, so a file does: every process sees it, and a restart
does not forget it. Only a complete look that finds nothing removes it.
"""

import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from kiosk.errors import DiskFull, StoreError
from kiosk.store.base.room import FULL, has_no_room, is_full_disk

SqliteFailure = sqlite3.DatabaseError  # for rooms above, which do not import sqlite3
DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
# A value that a CHECK refuses was written past the kiosk: `kiosk verify` judges that. The file itself is whole.
VALUES = ("CHECK constraint failed in ", "NULL value in ", "non-", "NUMERIC value in ", "TEXT value in ")
LONGEST = 100  # characters of a note
MANY = 100_000  # lines of quick_check, so that values do not hide a page
CURE = "Gardez une copie de l'instance, faites vérifier le disque, puis restaurez la dernière sauvegarde."

_unwritten: dict[Path, str] = {}  # notes of this process that the disk did not take


def damage_in(error: BaseException | None) -> str:
    """SQLite's name of the damage that the error or one of its causes reports; empty if none does."""
    while error is not None:
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGES:
            return error.sqlite_errorname
        error = error.__cause__
    return ""


@contextmanager
def damage_noted(database: Path) -> Iterator[None]:
    """Note damage that an error reports. SQLite's own error becomes a StoreError; other errors pass unchanged."""
    try:
        yield
    except Exception as error:
        if found := damage_in(error):
            note(database, found)
        if isinstance(error, sqlite3.Error):
            if is_full_disk(error, database):
                raise DiskFull(FULL) from error
            if found:
                raise StoreError(f"{database} est endommagé ({found}). {CURE}") from error
        raise


def look(db: Database, database: Path, *, within: float = math.inf) -> str:
    """Read a row of each table, then quick_check them for ``within`` seconds; returns what is noted then.

    Table by table, so that no read holds the WAL for long.
    """
    end = time.monotonic() + within
    try:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            db.execute(f'SELECT * FROM "{table}" LIMIT 1')  # steps to the row; its text may be no UTF-8
        for table in tables:
            if time.monotonic() >= end:
                return noted(database)
            if not all(_is_harmless(row[0]) for row in db.execute(f"PRAGMA quick_check('{table}')")):
                note(database, f"table {table}")
                return noted(database)
    except sqlite3.DatabaseError as error:
        if not (found := damage_in(error)):
            raise
        note(database, found)
    else:
        forget(database)
    return noted(database)


def note(database: Path, found: str) -> None:
    """Never raises. An error of a full disk is no damage."""
    if noted(database) or (found.startswith("SQLITE_IOERR") and has_no_room(database)):
        return
    try:
        descriptor = os.open(_note_of(database), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(found[:LONGEST])
    except OSError:
        _unwritten[database] = found


def noted(database: Path) -> str:
    """Damage that was found; empty if nothing was."""
    with suppress(OSError):
        return _note_of(database).read_text(encoding="utf-8", errors="replace")[:LONGEST] or "?"
    return _unwritten.get(database, "")


def is_whole(db: Database) -> bool:
    """Pages and references are as they should be; values that a CHECK refuses are another matter, see VALUES."""
    try:
        lines = [row[0] for row in db.execute(f"PRAGMA quick_check({MANY})")]
        return all(map(_is_harmless, lines)) and db.execute("PRAGMA foreign_key_check").fetchone() is None
    except sqlite3.DatabaseError as error:
        if damage_in(error):
            return False
        raise


def _is_harmless(line: str) -> bool:
    return line == "ok" or line.startswith(VALUES)


def forget(database: Path) -> None:
    """Only of a database that was just found whole."""
    _unwritten.pop(database, None)
    with suppress(OSError):
        _note_of(database).unlink(missing_ok=True)


def _note_of(database: Path) -> Path:
    return Path(f"{database}-damage")
