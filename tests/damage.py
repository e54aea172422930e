"""Damage done to a database, as a failing disk does it: one page of the file overwritten."""

from pathlib import Path

from kiosk.store.base.connection import open_database

GARBAGE = b"\xa5\x5a"


def overwrite_root(database: Path, name: str) -> None:
    """Overwrite the first page of a table or index. No connection may be open."""
    with open_database(database) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(GARBAGE * (size // len(GARBAGE)))
