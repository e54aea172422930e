"""Erasure of text from the database's write-ahead log (WAL).

secure_delete overwrites erased text in the database file; the WAL keeps every version of a page that was written.
Truncating it would give its blocks back unwritten, so it is overwritten in place first, and mostly keeps its length.
"""

import os

from sqlite_utils import Database

from kiosk.store.base.connection import READ_PATIENCE, file_of, immediate
from kiosk.store.base.overwrite import zero

# The WAL format of SQLite: https://www.sqlite.org/fileformat2.html#walformat
HEADER, FRAME_HEADER = 32, 24  # bytes
SALTS_AT, FRAME_SALTS_AT, SALTS = 16, 8, 8
PAGE_SIZE_AT = 8

SHORT_READ = 100  # milliseconds: a slice of a verification takes about 20
LONGEST = 16 * 1024 * 1024  # bytes of an overwritten WAL that are kept: commits need not extend it


def overwrite_log(db: Database) -> bool:
    """Move the WAL into the database and overwrite it. False if a reader or writer prevented it: call again.

    Raises NotConfirmed. Safe against a power cut at any time: SQLite reads frames with the salts of the header alone,
    and the zeros come after a commit has synced a header with new salts.
    """
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # most of the work, without blocking writers
    descriptor = os.open(f"{file_of(db)}-wal", os.O_RDWR)
    try:
        if not _restart(db, descriptor):
            return False
        with immediate(db):  # only the holder of the write lock appends
            zero(descriptor, _end_of_frames(descriptor))
        os.fdatasync(descriptor)
        length = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if length > LONGEST:  # a reader blocked it for long
        _checkpoint(db, "TRUNCATE")
    return True


def _restart(db: Database, descriptor: int) -> bool:
    """Commit at the beginning of the WAL. An empty WAL keeps its salts at the first commit, so there may be two."""
    before = _salts(descriptor)
    for _ in range(2):
        if not _checkpoint(db, "RESTART"):
            return False
        with immediate(db):
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute(f"PRAGMA user_version = {version}")
        if _salts(descriptor) != before:
            return True
    return False


def _checkpoint(db: Database, mode: str) -> bool:
    """It holds the write lock, so it waits for one short read at most (a backup reads for seconds)."""
    db.execute(f"PRAGMA busy_timeout = {SHORT_READ}").fetchall()
    try:
        blocked, _, _ = db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(READ_PATIENCE * 1000)}").fetchall()
    return not blocked


def _salts(descriptor: int) -> bytes:
    return os.pread(descriptor, SALTS, SALTS_AT)


def _end_of_frames(descriptor: int) -> int:
    """End of the frames that were written since the restart; SQLite ignores what follows."""
    salts = _salts(descriptor)
    length = FRAME_HEADER + int.from_bytes(os.pread(descriptor, 4, PAGE_SIZE_AT))
    at = HEADER
    while os.pread(descriptor, SALTS, at + FRAME_SALTS_AT) == salts:
        at += length
    return at
