"""One-time pages: sealed under a token that only the browser has, erased when shown and after two minutes."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.one_time import LIFETIME, OneTimeToken
from kiosk.errors import NotConfirmed
from kiosk.store.base.connection import unsynced

log = logging.getLogger(__name__)

ROOM = 32 * 1024 * 1024  # bytes of all pages together: a flood of long texts must not fill the disk
SHARE = ROOM // 16  # bytes of one client's: forty refused forms, or one with the longest text


class NoRoom(Exception):
    """Too many pages wait to be shown."""


@dataclass(frozen=True, slots=True)
class SealedPage:
    digest: bytes
    sealed: bytes
    expires_at: datetime

    @classmethod
    def of(cls, token: OneTimeToken, content: bytes, now: datetime) -> "SealedPage":
        return cls(token.digest, token.seal(content), now + LIFETIME)


def insert(db: Database, page: SealedPage) -> None:
    """Inside the caller's transaction."""
    db.execute(
        "INSERT INTO one_time_pages VALUES (?, ?, ?)", (page.digest, page.sealed, clock.to_text(page.expires_at))
    )


def put(db: Database, page: SealedPage) -> None:
    """Raises NoRoom or NotConfirmed."""
    with unsynced(db):
        held = db.execute("SELECT coalesce(sum(length(sealed)), 0) FROM one_time_pages").fetchone()[0]
        if held + len(page.sealed) > ROOM:
            raise NoRoom
        insert(db, page)


def find(db: Database, digest: bytes, now: datetime) -> bytes | None:
    """The sealed page; None once shown or expired."""
    row = db.execute("SELECT sealed, expires_at FROM one_time_pages WHERE digest = ?", (digest,)).fetchone()
    return row[0] if row and not _is_expired(clock.from_text(row[1]), now) else None


def void(db: Database, digest: bytes) -> bool:
    """Erase a page that is about to be shown; False if another request was faster.

    On a disk that takes nothing any more it is shown all the same: what was stored must be told.
    """
    try:
        with unsynced(db):
            return _erase(db, "digest = ?", digest)
    except NotConfirmed:
        log.exception("a one-time page could not be erased: it is void after two minutes")
        return True


def erase_expired(db: Database, now: datetime) -> None:
    """Also after the clock was set back, when an end lies further away than any can."""
    condition, moments = "expires_at <= ? OR expires_at > ?", (clock.to_text(now), clock.to_text(now + 2 * LIFETIME))
    if db.execute(f"SELECT 1 FROM one_time_pages WHERE {condition}", moments).fetchone():
        with unsynced(db):
            _erase(db, condition, *moments)


def _is_expired(expires_at: datetime, now: datetime) -> bool:
    return not now < expires_at <= now + 2 * LIFETIME


def _erase(db: Database, condition: str, *values: bytes | str) -> bool:
    """The forwarder then overwrites the write-ahead log, which still holds the page."""
    return db.execute(f"DELETE FROM one_time_pages WHERE {condition}", values).rowcount > 0
