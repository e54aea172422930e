"""Secret of this kiosk behind its follow-up codes: ``secrets/follow-up.key``, held by every backup.

Look-up hash and reply key of a code take it, so that a copy of the database alone allows no guessing.
"""

import hashlib
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from kiosk import clock
from kiosk.errors import StoreError
from kiosk.store.base.connection import file_of, immediate
from kiosk.store.keys.site_keys import write_secret
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

FILE = "follow-up.key"
LENGTH = 32  # bytes
REPLACED = "follow_up_secret_replaced"

_last_read: dict[Path, bytes] = {}


def follow_up_secret(db: Database) -> bytes:
    """Read each time, because a restore replaces the file. A file that is lost later refuses no report.

    Raises StoreError if the file could never be read.
    """
    path = _path(db)
    with suppress(OSError):
        found = path.read_bytes()
        if len(found) == LENGTH:
            _last_read[path] = found
    if path not in _last_read:
        raise StoreError(f"Le fichier {path} ne peut pas être lu : remettez-le à partir de la dernière sauvegarde.")
    return _last_read[path]


def ensure(db: Database, now: datetime) -> None:
    """Make a missing secret. If there are reports, their codes are void from now on, which is an event."""
    if not _path(db).exists():
        _make(db, now)
    follow_up_secret(db)


def _make(db: Database, now: datetime) -> None:
    made = os.urandom(LENGTH)
    write_secret(_path(db), made)
    if db.execute("SELECT 1 FROM reports LIMIT 1").fetchone():
        with immediate(db):
            events.append(db, [Event(action=REPLACED, detail={"fingerprint": _fingerprint(made)})], now)


def replaced_at(db: Database) -> datetime | None:
    """Moment when the secret in use took the place of a lost one; None if it is the first, or was put back."""
    row = db.execute(
        f"SELECT at FROM events WHERE {events.OF_THE_KIOSK} AND action = ?"
        " AND json_extract(detail, '$.fingerprint') = ?",
        (REPLACED, _fingerprint(follow_up_secret(db))),
    ).fetchone()
    return clock.from_text(row[0]) if row else None


def _path(db: Database) -> Path:
    """Beside the database."""
    return file_of(db).parent / "secrets" / FILE


def _fingerprint(secret: bytes) -> str:
    return hashlib.sha256(b"kiosk follow-up secret" + secret).hexdigest()[:16]
