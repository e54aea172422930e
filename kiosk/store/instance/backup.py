"""Backup of an instance in one encrypted file (`kiosk backup`).

The database copy is one consistent state, taken while the kiosk runs: a WAL reader blocks no writer. It is checked
before encryption, and the file is read back before it gets its name.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.config.settings import DATABASE
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate, is_whole, open_database
from kiosk.store.base.overwrite import ERASING, remove, remove_tree
from kiosk.store.instance import archive
from kiosk.store.keys import recovery
from kiosk.store.keys.site_keys import sync_folder, write_secret
from kiosk.store.trace import events
from kiosk.store.trace.events import Event, Head

KEY_FILE = "backup.key"
PARTIAL = ".partial"
SUFFIX = ".backup"
STAGE = "restoring"  # where a restore unpacks a backup, inside the instance
ASIDE = ".before-"  # followed by a time: suffix of files that a restore put aside
WRITTEN = "backup_written"
# Bytes 18 and 19 of a database: 2 in WAL mode, else 1. A file without a name can have no WAL; the next open sets the
# mode again.
LOG_AT, NO_LOG = 18, b"\1\1"


@dataclass(frozen=True, slots=True)
class BackupKey:
    """``private``: only before `kiosk init`; it is in the instance and must also be noted elsewhere."""

    public: bytes
    private: X25519PrivateKey | None = None


@dataclass(frozen=True, slots=True)
class Written:
    path: Path
    size: int
    head: Head
    files: tuple[str, ...]


def folder_of(settings: Settings) -> Path:
    """For the copies made before migrations."""
    return settings.instance / "backups"


def backup_key(db: Database, settings: Settings) -> BackupKey:
    """The recovery key; before `kiosk init` a key of this instance, made on first use."""
    if "recovery_keys" in db.table_names() and (key := recovery.current(db)):
        return BackupKey(key.public_key)
    path = settings.secrets / KEY_FILE
    if not path.exists():
        write_secret(path, X25519PrivateKey.generate().private_bytes_raw())
    private = X25519PrivateKey.from_private_bytes(path.read_bytes())
    return BackupKey(private.public_key().public_bytes_raw(), private)


def forget_unprotected(settings: Settings) -> None:
    """After `kiosk init`: remove copies with whole site keys, and the key that opens them."""
    with suppress(FileNotFoundError):
        for path in list(folder_of(settings).iterdir()):
            remove(path)
        sync_folder(folder_of(settings))
    with suppress(FileNotFoundError):
        remove_tree(settings.instance / STAGE)
    remove(settings.secrets / KEY_FILE)
    sync_folder(settings.secrets)


def write(settings: Settings, target: Path, key: BackupKey, now: datetime, *, replace: bool = False) -> Written:
    """The file gets its name when complete, read back and synced. Raises StoreError; then nothing is left."""
    taken = f"{target} existe déjà : choisissez un autre nom, ou ajoutez --replace."
    if target.exists() and not replace:
        raise StoreError(taken)
    try:
        with ExitStack() as stack:
            partial = _partial(stack, target)
            written = _write(stack, settings, partial, key, now)
            _give_name(partial, target, replace=replace)
            sync_folder(target.parent)
    except FileExistsError as error:
        raise StoreError(taken) from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target} ne peut pas être écrit ({error}). Rien n'a été modifié.") from error
    return Written(target, target.stat().st_size, *written)


def left_out(settings: Settings) -> list[str]:
    """Files that the settings name outside the instance; not in a backup."""
    named = {**_named(settings), "smtp.password_file": settings.smtp.password_file}
    return [name for name, path in named.items() if path and _within(settings, path) is None]


def record(db: Database, written: Written, now: datetime) -> None:
    """Add an event, without the path."""
    told = {"size": written.size, "sequence": written.head.sequence}
    with immediate(db):
        events.append(db, [Event(action=WRITTEN, actor="command line", detail=told)], now)


def last_written(db: Database) -> datetime | None:
    row = db.execute("SELECT at FROM events WHERE action = ? ORDER BY id DESC LIMIT 1", (WRITTEN,)).fetchone()
    return clock.from_text(row[0]) if row else None


def _give_name(partial: Path, target: Path, *, replace: bool) -> None:
    """Raises FileExistsError if the target has appeared meanwhile."""
    if not replace:
        with suppress(PermissionError, NotImplementedError):  # a USB stick's file system may have no hard links
            target.hardlink_to(partial)
            return
        if target.exists():
            raise FileExistsError
    partial.rename(target)


def _partial(stack: ExitStack, target: Path) -> Path:
    """Temporary file, removed at the end unless renamed."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=PARTIAL)
    os.close(descriptor)
    stack.callback(Path(name).unlink, missing_ok=True)
    return Path(name)


def _write(
    stack: ExitStack, settings: Settings, partial: Path, key: BackupKey, now: datetime
) -> tuple[Head, tuple[str, ...]]:
    copy, head, migrations = stack.enter_context(_snapshot(settings.database))
    files = {DATABASE: copy} | {
        name: stack.enter_context(path.open("rb")) for name, path in _others(settings) if path.is_file()
    }
    facts = {
        "format": 1,
        "written_at": clock.to_text(now),
        "migrations": migrations,
        "head": {"sequence": head.sequence, "digest": head.digest.hex()},
    }
    with partial.open("r+b") as file:
        data_key = archive.write(file, key.public, files, facts)
        file.flush()
        os.fsync(file.fileno())
        _read_back(file, data_key)
    return head, tuple(files)


def _others(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Files of the instance by name, without the relay's password, `backup.key` and what a restore put aside."""
    found = [settings.home / "kiosk.toml", *settings.keyboards.glob("*.json"), *settings.secrets.glob("*")]
    found += [path for path in _named(settings).values() if path]
    password = settings.smtp.password_file
    not_ours = {f"secrets/{KEY_FILE}", password and _within(settings, password), None}
    for name, path in {_within(settings, path): path for path in found}.items():
        if name and name not in not_ours and ASIDE not in path.name:
            yield name, path


def _within(settings: Settings, path: Path) -> str | None:
    """Name in the instance, None if outside; a link counts by its own place, not its target."""
    ours, plain = Path(os.path.abspath(settings.instance)), Path(os.path.abspath(path))  # noqa: PTH100 - see above
    return plain.relative_to(ours).as_posix() if plain.is_relative_to(ours) else None


def _named(settings: Settings) -> dict[str, Path | None]:
    """Full paths by setting."""
    mail, home = settings.mail, settings.home
    named = {
        "organisation.logo": settings.logo,
        "mail.signing_certificate": mail.signing_certificate,
        "mail.signing_key": mail.signing_key,
        "smtp.ca_file": settings.smtp.ca_file,
    }
    named |= {f"audiences.{audience.id}.certificate": audience.certificate for audience in settings.audiences}
    return {name: path and home / path for name, path in named.items()}


@contextmanager
def _snapshot(database: Path) -> Iterator[tuple[BinaryIO, Head, list[str]]]:
    """Checked copy, overwritten at the end; the next start overwrites what a crash left of it."""
    descriptor, name = tempfile.mkstemp(dir=database.parent, prefix=".copy-", suffix=ERASING)
    with os.fdopen(descriptor, "rb") as file, ExitStack() as stack:
        stack.callback(remove, Path(name))
        copy = stack.enter_context(closing(sqlite3.connect(name)))
        for pragma in ("synchronous = OFF", "journal_mode = OFF"):
            copy.execute(f"PRAGMA {pragma}").fetchall()
        copy.execute("SELECT count(*) FROM sqlite_master").fetchall()  # opens the file
        _copy(database, copy)
        os.pwrite(descriptor, NO_LOG, LOG_AT)
        head, migrations = _checked(copy)
        copy.close()
        yield file, head, migrations


def _copy(database: Path, copy: sqlite3.Connection) -> None:
    """One step reads one consistent state."""
    with open_database(database) as source:
        source.conn.backup(copy)


def _checked(copy: sqlite3.Connection) -> tuple[Head, list[str]]:
    """Check the copy: it has any damage of the original, whose WAL does not grow meanwhile."""
    db = Database(copy)
    db.execute("PRAGMA shrink_memory").fetchall()  # check what was written, not the page cache
    if not is_whole(db):
        raise StoreError(
            "La base est endommagée : aucune sauvegarde n'a été faite. Gardez-la et restaurez la dernière sauvegarde."
        )
    names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
    return events.head(db), names


def _read_back(file: BinaryIO, data_key: bytes) -> None:
    with archive.reading(file, data_key) as (contents, members):
        for name, content in members:
            if archive.digest_of(content) != contents.digests[name]:
                raise StoreError(
                    "La sauvegarde relue ne correspond pas à ce qui a été écrit : faites vérifier le disque."
                )
