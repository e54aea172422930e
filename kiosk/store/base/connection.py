"""Database connections and write transactions.

Only WAL with synchronous=FULL lost no acknowledged commit in any simulated power cut, so every connection sets the
pragmas and checks them. One thread at a time uses a connection. Rooms above hold a ``Database`` only to pass it to the
store.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from kiosk.errors import DiskFull, NotConfirmed, StoreError
from kiosk.store.base.damage import damage_in, note
from kiosk.store.base.former_log import hold_log
from kiosk.store.base.room import FULL, is_full_disk

READ_PATIENCE = 10.0  # seconds to wait for a lock when opening or reading
WRITE_PATIENCE = 10.0  # seconds to wait for the write lock
TURN_PAUSE = 0.001  # seconds between tries; SQLite's busy handler sleeps up to 0.1 s and is unfair
# The forwarder restarts the WAL; this limit (16 MiB) is for a server without one.
AUTOCHECKPOINT_PAGES = 4096
SHORT_WAL_PAGES = 1000  # for heavy writers: reuse the WAL before it exceeds 4 MiB

__all__ = ["PRAGMAS", "Database", "any_text", "file_of", "immediate", "open_database", "unsynced"]

PRAGMAS: dict[str, int | str] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "temp_store": 2,  # memory: a statement journal in /var/tmp would hold the text being erased
    "wal_autocheckpoint": AUTOCHECKPOINT_PAGES,
    "cache_size": -512,  # KiB for each connection; the system caches the file anyway
    "cache_spill": 0,  # or the WAL would keep the text of a long report that was rolled back, and nobody would erase it
}


def open_database(path: Path, *, any_thread: bool = False, wal_pages: int = AUTOCHECKPOINT_PAGES) -> Database:
    """Open an existing database; raises StoreError if it is missing or damaged or a pragma does not hold.

    Never creates it (start.py does): an empty database must not replace a lost one. ``any_thread``: for the pool.
    ``wal_pages``: length of the WAL at which a commit runs a checkpoint.
    """
    pragmas = PRAGMAS | {"wal_autocheckpoint": wal_pages}
    try:
        address = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=READ_PATIENCE, check_same_thread=not any_thread)
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
        for name, value in pragmas.items():
            actual = connection.execute(f"PRAGMA {name}").fetchone()[0]
            if actual != value:
                raise StoreError(f"{path} : PRAGMA {name} vaut {actual} au lieu de {value}. Redémarrez la borne.")
        connection.execute("PRAGMA schema_version").fetchone()  # opens the WAL
        hold_log(path)
    except sqlite3.DatabaseError as error:
        if found := damage_in(error):
            note(path, found)
        if is_full_disk(error, path):
            raise StoreError(f"{path} ne peut pas être ouvert. {FULL}") from error
        raise StoreError(
            f"{path} ne peut pas être ouvert : {error}. Gardez ce fichier et restaurez la dernière sauvegarde."
        ) from error
    return Database(connection)


@contextmanager
def any_text(db: Database) -> Iterator[None]:
    """Read text that is not UTF-8 too, as somebody past the kiosk can write it. Fetch every row inside."""
    db.conn.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    try:
        yield
    finally:
        db.conn.text_factory = str


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """Write transaction: commits at the end, rolls back on any exception.

    Raises NotConfirmed when SQLite fails: the commit may hold (measured: one that the disk refused was there after a
    crash), so repeat it under the same identity.
    """
    _begin(db)
    try:
        yield
        db.conn.commit()
    except sqlite3.IntegrityError:
        db.conn.rollback()
        raise
    except sqlite3.DatabaseError as error:
        _roll_back_what_is_open(db)
        _note_damage(db, error)
        if not _may_pass(error):
            raise
        raise _not_confirmed(db, f"La base n'a pas confirmé une modification ({error}). Recommencez.", error) from error
    except BaseException:
        _roll_back_what_is_open(db)
        raise


@contextmanager
def unsynced(db: Database) -> Iterator[None]:
    """Write transaction like ``immediate``, but without a disk sync: the next synced commit takes it along.

    Survives a killed process; a power cut may undo it. Only for what may be undone.
    """
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        with immediate(db):
            yield
    finally:
        db.execute(f"PRAGMA synchronous = {PRAGMAS['synchronous']}")


def _may_pass(error: sqlite3.DatabaseError) -> bool:
    """False for an error in our SQL: a retry does not help. A damaged database may be mended."""
    if isinstance(error, sqlite3.OperationalError):
        return _primary_code(error) != sqlite3.SQLITE_ERROR
    return bool(damage_in(error))


def _note_damage(db: Database, error: sqlite3.DatabaseError) -> None:
    if found := damage_in(error):
        note(file_of(db), found)


def _not_confirmed(db: Database, said: str, error: sqlite3.DatabaseError) -> NotConfirmed:
    return DiskFull(FULL) if is_full_disk(error, file_of(db)) else NotConfirmed(said)


def file_of(db: Database) -> Path:
    return Path(db.execute("PRAGMA database_list").fetchone()[2])


def _begin(db: Database) -> None:
    deadline = time.monotonic() + WRITE_PATIENCE
    db.execute("PRAGMA busy_timeout = 0").fetchall()
    try:
        while not _try_to_begin(db, deadline):
            time.sleep(TURN_PAUSE)
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(READ_PATIENCE * 1000)}").fetchall()


def _try_to_begin(db: Database, deadline: float) -> bool:
    try:
        db.conn.execute("BEGIN IMMEDIATE")
        return True
    except sqlite3.DatabaseError as error:
        _note_damage(db, error)
        busy = _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not busy or time.monotonic() > deadline:
            said = f"La base est restée occupée, rien n'a été écrit ({error}). Recommencez."
            raise _not_confirmed(db, said, error) from error
        return False


def _primary_code(error: sqlite3.DatabaseError) -> int:
    """SQLITE_ERROR also for an error of Python's module, as for text that is not UTF-8."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _roll_back_what_is_open(db: Database) -> None:
    if db.conn.in_transaction:
        with suppress(sqlite3.DatabaseError):  # a damaged page; the connection is not used again
            db.conn.rollback()
