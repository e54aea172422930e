"""Bodies of mails: stored once for all audiences of a mail, erased after the last of them has ended."""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from kiosk.store.base.connection import unsynced

UNUSED = "NOT EXISTS (SELECT 1 FROM deliveries WHERE body_id = bodies.id)"


def add(db: Database, bodies: Sequence[bytes]) -> list[int]:
    """Inside the caller's transaction; returns an id for each, the same id for the same bytes."""
    ids: dict[bytes, int] = {}
    for body in bodies:
        if body not in ids:
            ids[body] = int(db.execute("INSERT INTO bodies (bytes) VALUES (?)", (body,)).lastrowid or 0)
    return [ids[body] for body in bodies]


def erase_unused(db: Database, ids: Iterable[int]) -> None:
    """Inside the caller's transaction; leaves those that a delivery still needs."""
    for number in ids:
        db.execute(f"DELETE FROM bodies WHERE id = ? AND {UNUSED}", (number,))


def erase(db: Database, ids: Sequence[int]) -> None:
    """``erase_unused`` in one commit, without a sync: the WAL still holds the text, and erasure.clean_log syncs both.

    What a power cut undoes is found again (``left``).
    """
    with unsynced(db):
        erase_unused(db, ids)


def left(db: Database) -> list[int]:
    """Bodies that nobody needs any more and that were not erased before a crash."""
    return [row[0] for row in db.execute(f"SELECT id FROM bodies WHERE {UNUSED}")]
