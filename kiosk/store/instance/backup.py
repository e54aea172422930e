"""`kiosk backup`: one encrypted file with all that a kiosk needs to begin anew elsewhere.

The copy of the database is one moment's, taken while everything goes on: whoever reads in WAL mode keeps nobody from
writing. It is checked before it is encrypted, and read back before the file gets its name.
"""

import os
import shutil
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
from kiosk.store.instance import archive
from kiosk.store.keys import recovery
from kiosk.store.keys.site_keys import sync_folder, write_secret
from kiosk.store.trace import events
from kiosk.store.trace.events import Event, Head

KEY_FILE = "backup.key"
PARTIAL = ".partial"
SUFFIX = ".backup"
STAGE = "restoring"  # where a restore lays a backup out beside the instance
ASIDE = ".before-"  # in the name of what a restore put aside; what follows is when
WRITTEN = "backup_written"
# Bytes 18 and 19 of a database say that a log belongs to it (2) or not (1): beside a file without a name none can lie.
# Whoever opens it next makes a log for it again.
LOG_AT, NO_LOG = 18, b"\1\1"


@dataclass(frozen=True, slots=True)
class BackupKey:
    """``private``: only before `kiosk init`; then it lies in the instance and must be noted elsewhere."""

    public: bytes
    private: X25519PrivateKey | None = None


@dataclass(frozen=True, slots=True)
class Written:
    path: Path
    size: int
    head: Head
    files: tuple[str, ...]


def folder_of(settings: Settings) -> Path:
    """Where the copies lie that are made before a migration."""
    return settings.instance / "backups"


def backup_key(db: Database, settings: Settings) -> BackupKey:
    """The recovery key; until there is one, a key of this instance, made now if need be."""
    if "recovery_keys" in db.table_names() and (key := recovery.current(db)):
        return BackupKey(key.public_key)
    path = settings.secrets / KEY_FILE
    if not path.exists():
        write_secret(path, X25519PrivateKey.generate().private_bytes_raw())
    private = X25519PrivateKey.from_private_bytes(path.read_bytes())
    return BackupKey(private.public_key().public_bytes_raw(), private)


def forget_unprotected(settings: Settings) -> None:
    """Once the sites' keys are split: what still holds them whole, or opens such a copy, goes."""
    with suppress(FileNotFoundError):
        for path in folder_of(settings).iterdir():
            path.unlink()
        sync_folder(folder_of(settings))
    shutil.rmtree(settings.instance / STAGE, ignore_errors=True)
    (settings.secrets / KEY_FILE).unlink(missing_ok=True)
    sync_folder(settings.secrets)


def write(settings: Settings, target: Path, key: BackupKey, now: datetime, *, replace: bool = False) -> Written:
    """Under its name only when it is whole, read back and on disk. Raises StoreError; then nothing is left of it."""
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
    """Files that the settings name and that lie outside the instance: they are not in a backup."""
    named = {**_named(settings), "smtp.password_file": settings.smtp.password_file}
    return [name for name, path in named.items() if path and _within(settings, path) is None]


def record(db: Database, written: Written, now: datetime) -> None:
    """That it was made, and up to which event; where it lies is nobody's business here."""
    told = {"size": written.size, "sequence": written.head.sequence}
    with immediate(db):
        events.append(db, [Event(action=WRITTEN, actor="command line", detail=told)], now)


def last_written(db: Database) -> datetime | None:
    row = db.execute("SELECT at FROM events WHERE action = ? ORDER BY id DESC LIMIT 1", (WRITTEN,)).fetchone()
    return clock.from_text(row[0]) if row else None


def _give_name(partial: Path, target: Path, *, replace: bool) -> None:
    """Not over what has come there meanwhile; raises FileExistsError then."""
    if not replace:
        with suppress(PermissionError, NotImplementedError):  # a USB stick's file system may know no second names
            target.hardlink_to(partial)
            return
        if target.exists():
            raise FileExistsError
    partial.rename(target)


def _partial(stack: ExitStack, target: Path) -> Path:
    """A file of this run's own, gone at its end unless it got its name."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=PARTIAL)
    os.close(descriptor)
    stack.callback(Path(name).unlink, missing_ok=True)
    return Path(name)


def _write(
    stack: ExitStack, settings: Settings, partial: Path, key: BackupKey, now: datetime
) -> tuple[Head, tuple[str, ...]]:
    copy, head, migrations = stack.enter_context(_snapshot(settings.database, partial.parent))
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
    """Files of the instance by their names in it; the relay's password is nobody's to take along."""
    found = [settings.home / "kiosk.toml", *settings.keyboards.glob("*.json"), *settings.secrets.glob("*")]
    found += [path for path in _named(settings).values() if path]
    password = settings.smtp.password_file
    not_ours = {f"secrets/{KEY_FILE}", password and _within(settings, password), None}
    for name, path in {_within(settings, path): path for path in found}.items():
        if name and name not in not_ours and ASIDE not in path.name:
            yield name, path


def _within(settings: Settings, path: Path) -> str | None:
    """Its name in the instance, None when it lies elsewhere; a link counts where it lies, not where it leads."""
    ours, plain = Path(os.path.abspath(settings.instance)), Path(os.path.abspath(path))  # noqa: PTH100 - see above
    return plain.relative_to(ours).as_posix() if plain.is_relative_to(ours) else None


def _named(settings: Settings) -> dict[str, Path | None]:
    """By setting; a path counts from the instance."""
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
def _snapshot(database: Path, folder: Path) -> Iterator[tuple[BinaryIO, Head, list[str]]]:
    """One moment's copy, checked, in a file without a name before a byte is in it: no crash leaves it behind."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".copy-", suffix=PARTIAL)
    with os.fdopen(descriptor, "rb") as file, ExitStack() as stack:
        stack.callback(Path(name).unlink, missing_ok=True)
        copy = stack.enter_context(closing(sqlite3.connect(name)))
        for pragma in ("synchronous = OFF", "journal_mode = OFF"):
            copy.execute(f"PRAGMA {pragma}").fetchall()
        copy.execute("SELECT count(*) FROM sqlite_master").fetchall()  # opens the file
        Path(name).unlink()
        _copy(database, copy)
        os.pwrite(descriptor, NO_LOG, LOG_AT)
        head, migrations = _checked(copy)
        copy.close()
        yield file, head, migrations


def _copy(database: Path, copy: sqlite3.Connection) -> None:
    """All of it in one step, which reads one moment's state."""
    with open_database(database) as source:
        source.conn.backup(copy)


def _checked(copy: sqlite3.Connection) -> tuple[Head, list[str]]:
    """The copy, not the original: damage comes along, and nobody's log grows meanwhile."""
    db = Database(copy)
    db.execute("PRAGMA shrink_memory").fetchall()  # what is checked is what was written, not what is remembered of it
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
