"""What a kiosk does to its files, in one process for `strace`.

Reports with receipts and refused forms that are shown once, deliveries, erasure, checkpoints, a backup.

Each promise that was made is written to the standard output, where the trace shows its moment.
"""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from kiosk.config import Settings
from kiosk.delivery.eraser import Eraser
from kiosk.domain.one_time import LIFETIME, OneTimeToken
from kiosk.reporting import shown_once
from kiosk.store.base import connection
from kiosk.store.base.connection import Database, open_database
from kiosk.store.instance import backup
from kiosk.store.keeping import erasure
from kiosk.store.reports import submissions
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


def report(door: Database, settings: Settings, turn: int, token: OneTimeToken | None) -> None:
    """With a token: as a browser without scripts gets its receipt, which is erased without a sync."""
    promise("accepted", an_incident(door, settings, at=NOON, ago=turn, token=token))
    if token:
        assert shown_once.look_up(door, token, NOON - timedelta(minutes=turn))
        assert shown_once.void(door, token)


def refuse(door: Database) -> None:
    """Two refused forms, kept without a sync: one is shown, the other is left until it expires."""
    for is_shown in (True, False):
        token = OneTimeToken()
        shown_once.keep_page(
            door, shown_once.rendered_page(token, shown_once.RenderedPage(422, "trop long " * 1_000), NOON)
        )
        assert not is_shown or shown_once.void(door, token)


def work(settings: Settings) -> None:
    with FaultServer() as relay, open_database(settings.database) as door, open_database(settings.database) as db:
        hand = Hand(db, settings, plain(relay.port))
        eraser = Eraser(db, hand.courier.sent)
        for turn in range(ROUNDS):
            for number in range(1 + turn % 3):
                report(door, settings, turn, token=OneTimeToken() if number % 2 == turn % 2 else None)
            refuse(door)
            while hand.deliver():
                sent = db.execute("SELECT id FROM deliveries WHERE state = 'sent' ORDER BY id").fetchall()
                promise("sent", sent[-1][0])
            hand.hang_up()
            shown_once.forget_expired(door, settings, NOON + turn * LIFETIME)
            if turn % 2:
                eraser.erase()
            if turn == ROUNDS // 2:
                backup.write(settings, settings.instance / "x.backup", backup.backup_key(db, settings), NOON)


MODES: dict[str, Callable[[], None]] = {
    "as it is": lambda: None,
    "synchronous=NORMAL": unsafe,
    "reports without a sync": lambda: setattr(submissions, "immediate", connection.unsynced),
    "cut log": lambda: setattr(erasure, "overwrite_log", cut_and_lengthen),
}

if __name__ == "__main__":
    MODES[sys.argv[2]]()
    work(Settings(instance=Path(sys.argv[1])))
