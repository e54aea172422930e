"""The only way to open the database, and the only way to write to it.

WAL with synchronous=FULL is the one pair of modes in which no acknowledged commit was lost in any simulated power
cut; so every connection asserts it. A connection serves one thread at a time. The rooms above hold it, as
``Database``, only to hand it back to the verbs of this one.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from kiosk.errors import NotConfirmed, StoreError

log = logging.getLogger(__name__)

READ_PATIENCE = 10.0  # seconds that opening and reading wait for another process's lock
WRITE_PATIENCE = 10.0  # seconds that a transaction waits for its turn to write
TURN_PAUSE = 0.001  # seconds between two tries; SQLite's own handler would sleep up to 0.1 s and is unfair
# The forwarder empties the WAL. This is only the bound for a server without one: 4096 pages are 16 MiB.
AUTOCHECKPOINT_PAGES = 4096
SHORT_WAL_PAGES = 1000  # for who writes much: begins the WAL anew, and overwrites it, before it gets longer than 4 MiB

ZEROS = bytes(256 * 1024)  # bytes written to the log at once

__all__ = ["PRAGMAS", "Database", "immediate", "is_whole", "lengthen_wal", "open_database", "truncate_wal"]

PRAGMAS: dict[str, int | str] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "temp_store": 2,  # in memory: the journal of a statement that erases a text would hold that text in /var/tmp
    "wal_autocheckpoint": AUTOCHECKPOINT_PAGES,
}


def open_database(path: Path, *, any_thread: bool = False, wal_pages: int = AUTOCHECKPOINT_PAGES) -> Database:
    """A connection for this thread; raises StoreError when the file is missing, damaged or a pragma does not hold.

    Making the file is the start's affair alone: an empty one must never take the place of one that was lost.
    ``any_thread``: for the pool, which lends a connection to one thread at a time. ``wal_pages``: after so many the
    writer moves the WAL into the database, if nobody else has done it before.
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
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} ne peut pas être ouvert : {error}. Gardez ce fichier et restaurez la dernière sauvegarde."
        ) from error
    return Database(connection)


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any exception.

    Raises NotConfirmed when SQLite fails: after a failed commit nobody knows whether it holds (measured: a
    commit refused by the disk was there after a crash), so the caller repeats it under the same identity.
    """
    _begin(db)
    try:
        yield
        db.conn.commit()
    except sqlite3.IntegrityError:
        db.conn.rollback()
        raise
    except sqlite3.OperationalError as error:
        _roll_back_what_is_open(db)
        if _primary_code(error) == sqlite3.SQLITE_ERROR:  # a fault in our SQL, which repeating would not mend
            raise
        raise NotConfirmed(f"La base n'a pas confirmé une modification ({error}). Recommencez.") from error
    except BaseException:
        _roll_back_what_is_open(db)
        raise


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
    except sqlite3.OperationalError as error:
        busy = _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not busy or time.monotonic() > deadline:
            raise NotConfirmed(f"La base est restée occupée, rien n'a été écrit ({error}). Recommencez.") from error
        return False


def _primary_code(error: sqlite3.OperationalError) -> int:
    return error.sqlite_errorcode & 0xFF


def _roll_back_what_is_open(db: Database) -> None:
    if db.conn.in_transaction:
        db.conn.rollback()


def is_whole(db: Database) -> bool:
    """What SQLite can find out by reading all of it; at some kinds of damage it gives up in the middle."""
    try:
        found = db.execute("PRAGMA quick_check").fetchone()[0]
        return found == "ok" and db.execute("PRAGMA foreign_key_check").fetchone() is None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return False
        raise


def truncate_wal(db: Database) -> bool:
    """Moves the WAL into the database and cuts it to nothing, so that erased text is in neither.

    False if a reader or writer kept it from being cut: ask again. The passive pass does nearly all the work without
    making a writer wait; and the other one, which has the turn to write, must not wait for a reader (a backup reads for
    seconds), or everybody would.
    """
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    db.execute("PRAGMA busy_timeout = 0").fetchall()
    try:
        blocked, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(READ_PATIENCE * 1000)}").fetchall()
    return not blocked


def lengthen_wal(db: Database, size: int) -> None:
    """Zeros behind the WAL, up to ``size`` bytes, for commits to overwrite: they take two thirds of the time.

    (To lengthen a file costs its sync a second write, of the new length.) Safe at any time: only who holds the turn to
    write appends to the WAL, and SQLite takes what it finds behind the last commit for the rest of an older one.
    """
    path = db.execute("PRAGMA database_list").fetchone()[2]
    try:
        descriptor = os.open(f"{path}-wal", os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        return
    try:
        while (missing := size - os.fstat(descriptor).st_size) > 0:
            with immediate(db):
                os.write(descriptor, ZEROS[:missing])
        os.fdatasync(descriptor)
    except OSError as error:
        log.warning("the log of the database cannot be lengthened (%s): commits do it themselves", error.strerror)
    finally:
        os.close(descriptor)
