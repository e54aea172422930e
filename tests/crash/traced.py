"""What a kiosk does to its files, in one process for `strace`: reports, deliveries, erasure, checkpoints, a backup.

Each promise that was made is written to the standard output, where the trace shows its moment.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from kiosk.config import Settings
from kiosk.delivery.eraser import Eraser
from kiosk.store.base import connection
from kiosk.store.base.connection import Database, open_database
from kiosk.store.instance import backup
from kiosk.store.keeping import erasure
from tests.build import NOON
from tests.incident import an_incident
from tests.smtp.courier import Hand, plain
from tests.smtp.relay import FaultServer

ROUNDS = 8
PIECE = 16 * 1024  # bytes


def promise(word: str, what: object) -> None:
    os.write(1, f"{word} {what}\n".encode())


def unsafe() -> None:
    connection.PRAGMAS["synchronous"] = 1


def cut_and_lengthen(db: Database) -> bool:
    """Zeros behind a log whose truncation was not synced: SQLite may find the first part of an older log."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with Path(db.execute("PRAGMA database_list").fetchone()[2] + "-wal").open("r+b", buffering=0) as log:
        for start in range(0, 1024 * 1024, PIECE):
            os.pwrite(log.fileno(), bytes(PIECE), start)
        os.fdatasync(log.fileno())
    return True


def work(settings: Settings) -> None:
    with FaultServer() as relay, open_database(settings.database) as door, open_database(settings.database) as db:
        hand = Hand(db, settings, plain(relay.port))
        eraser = Eraser(db, hand.courier.sent)
        for turn in range(ROUNDS):
            for _ in range(1 + turn % 3):
                promise("accepted", an_incident(door, settings, at=NOON, ago=turn))
            while hand.deliver():
                sent = db.execute("SELECT id FROM deliveries WHERE state = 'sent' ORDER BY id").fetchall()
                promise("sent", sent[-1][0])
            hand.hang_up()
            if turn % 2:
                eraser.erase()
            if turn == ROUNDS // 2:
                backup.write(settings, settings.instance / "x.backup", backup.backup_key(db, settings), NOON)


MODES: dict[str, Callable[[], None]] = {
    "as it is": lambda: None,
    "synchronous=NORMAL": unsafe,
    "cut log": lambda: setattr(erasure, "overwrite_log", cut_and_lengthen),
}

if __name__ == "__main__":
    MODES[sys.argv[2]]()
    work(Settings(instance=Path(sys.argv[1])))
