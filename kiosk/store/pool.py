"""Open connections of one process, lent to one borrower at a time.

A connection's first commit also syncs the folder (SQLite does this for every WAL it has opened), so opening one for
each request would cost every submission a second sync. The most recently returned one is lent first: as long as
requests come one after another, they all use the one that was warmed at the start.
"""

import threading
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from kiosk.store import health
from kiosk.store.connection import open_database


class Pool:
    """Holds at most as many connections as were ever lent at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._idle: list[Database] = []
        self._lock = threading.Lock()

    def take(self) -> Database:
        """Raises StoreError when the database cannot be opened as promised. A file that was replaced is opened anew."""
        with self._lock:
            self._drop_strangers()
            if self._idle:
                return self._idle.pop()
        return open_database(self._path, any_thread=True)

    def give_back(self, db: Database) -> None:
        """A connection with an open transaction is closed, which rolls it back."""
        if db.conn.in_transaction:
            db.close()
            return
        with self._lock:
            self._idle.append(db)

    def warm(self, name: str, process: int, now: datetime) -> None:
        """Pays a first connection's extra sync before anybody waits for it."""
        db = self.take()
        health.beat(db, name, process, now)
        self.give_back(db)

    def _drop_strangers(self) -> None:
        """Connections to a file that is no longer the one under the path."""
        inode = self._path.stat().st_ino if self._path.exists() else 0
        if inode != self._inode:
            self._inode = inode
            while self._idle:
                self._idle.pop().close()
