"""The least that anybody could do: a bare commit, and smtplib with the same mails."""

import smtplib
import sqlite3
from pathlib import Path

from tests.bench.outbox import AUDIENCES, SENDER
from tests.bench.sink import Sink

ROW = 1500  # bytes: about what a report's own row holds


class BareCommits:
    """SQLite, its WAL and a sync."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE rows (bytes BLOB)"):
            self._connection.execute(statement).fetchall()

    def commit(self) -> None:
        self._connection.execute("INSERT INTO rows VALUES (?)", (b"x" * ROW,))


class BareLoop:
    """smtplib on one connection; with ``commits``, one row is committed after each mail."""

    def __init__(self, sink: Sink, mail: bytes, commits: BareCommits | None = None) -> None:
        self._sink, self._mail, self._commits = sink, mail, commits

    def run(self, size: int) -> float:
        """Mails a second."""
        self._sink.reset()
        with smtplib.SMTP("127.0.0.1", self._sink.port) as relay:
            for _ in range(size):
                relay.sendmail(SENDER, AUDIENCES[0], self._mail)
                if self._commits:
                    self._commits.commit()
        return 1 / self._sink.seconds_each
