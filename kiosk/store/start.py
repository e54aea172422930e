"""Makes an instance ready: folders, database, schema, directory, keys. Every command begins here."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store import directory, keys
from kiosk.store.connection import open_database
from kiosk.store.migrations import migrate


def prepare(settings: Settings, now: datetime) -> Database:
    """An open database that is migrated and says what the settings say. Two processes may start at once."""
    _make_folders(settings)
    with _one_at_a_time(settings.instance / "start.lock"):
        new = _make_file(settings.database)
        db = open_database(settings.database)
        migrate(db)
        if new:
            keys.sync_folder(settings.instance)
        directory.sync(db, settings.sites, settings.audiences)
        keys.ensure_site_keys(db, settings.secrets, (site.id for site in settings.sites), now)
    return db


def _make_folders(settings: Settings) -> None:
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        settings.secrets.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The instance directory {settings.instance} cannot be used: {error}.") from error


def _make_file(path: Path) -> bool:
    """True when it was not there. Made by us, because SQLite gives the WAL the permissions that it finds on it."""
    for beside in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(FileNotFoundError):  # most often it is not there; the last user of the database removes it
            beside.chmod(0o600)
    try:
        os.close(_open_private(path, os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _open_private(path: Path, flags: int = 0) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Mend the disk or the permissions.") from error


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """A lock of the kernel, gone with its process; the file itself means nothing."""
    descriptor = _open_private(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
