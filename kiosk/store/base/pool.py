"""Connection pool of one process.

The first commit of a connection also syncs the folder (SQLite does so for every WAL it opens), so a connection for each
request would add a sync to every submission. The last one returned is lent first: sequential requests all use the one
warmed at start.
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
    """Inodes that a connection holds open; 0 for a missing file."""

    database: int
    wal: int


class Pool:
    """Keeps as many connections as were lent at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[Database] = []
        self._opened_on: WeakKeyDictionary[Database, Files] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def take(self) -> Database:
        """Raises StoreError if the database cannot be opened. Reconnects if the file was replaced."""
        with self._lock:
            self._drop_strangers()
            if self._idle:
                return self._idle.pop()
        return self._open()

    def give_back(self, db: Database) -> None:
        """A connection with an open transaction is closed, which rolls it back."""
        if db.conn.in_transaction:
            db.close()
            return
        with self._lock:
            self._idle.append(db)

    def warm(self, name: str, process: int, now: datetime) -> None:
        """Pay for the first commit's extra sync before any request."""
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
        """Close connections to a database file that was replaced.

        Raises StoreError if only the WAL was: commits to an unlinked WAL are lost with the power, and no second WAL may
        be created while this one is in use.
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
