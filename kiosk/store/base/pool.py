"""Open connections of one process, lent to one borrower at a time.

A connection's first commit also syncs the folder (SQLite does this for every WAL it has opened), so opening one for
each request would cost every submission a second sync. The most recently returned one is lent first: as long as
requests come one after another, they all use the one that was warmed at the start.
"""

import threading
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from kiosk.config.demonstration import DEMONSTRATION, REAL
from kiosk.errors import StoreError
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import open_database


class Files(NamedTuple):
    """The inodes that a connection holds open; 0 for a file that is not there."""

    database: int
    wal: int


class Pool:
    """Holds at most as many connections as were ever lent at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[Database] = []
        self._opened_on: WeakKeyDictionary[Database, Files] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def take(self) -> Database:
        """Raises StoreError when the database cannot be opened as promised. A file that was replaced is opened anew."""
        with self._lock:
            self._drop_strangers()
            if self._idle:
                return self._idle.pop()
        return self._open()

    def give_back(self, db: Database) -> None:
        """A connection with an open transaction is closed, which rolls it back; so is one to a file that is gone."""
        if db.conn.in_transaction:
            db.close()
            return
        with self._lock:
            self._idle.append(db)

    def warm(self, name: str, process: int, now: datetime) -> None:
        """Pays a first connection's extra sync before anybody waits for it."""
        db = self.take()
        heartbeat.beat(db, name, process, now)
        self.give_back(db)

    def _open(self) -> Database:
        db = open_database(self._path, any_thread=True)
        if db.execute("PRAGMA application_id").fetchone()[0] not in (REAL, DEMONSTRATION):
            db.close()
            raise StoreError(
                f"{self._path} n'est pas la base de la borne : restaurez la dernière sauvegarde et redémarrez."
            )
        self._opened_on[db] = self._files()
        return db

    def _drop_strangers(self) -> None:
        """Closes connections to a file that is no longer the one under the path.

        Raises StoreError when only the WAL beside it is: what is committed to a WAL without a name is lost with the
        power, and no second one may be begun while this one is in use.
        """
        now = self._files()
        for db in list(self._idle):
            before = self._opened_on[db]
            if before.database != now.database:
                self._idle.remove(db)
                db.close()
            elif before.wal != now.wal:
                raise StoreError(
                    f"{self._path}-wal a été supprimé en cours d'usage : arrêtez la borne, puis redémarrez-la."
                )

    def _files(self) -> Files:
        return Files(_inode(self._path), _inode(Path(f"{self._path}-wal")))


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
