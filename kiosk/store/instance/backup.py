"""Backup of an instance in one encrypted, signed file (`kiosk backup`).

Only ciphertext reaches the target's folder. The file is read back before it gets its name.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.config.settings import DATABASE
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import KeyTextError, StoreError
from kiosk.store.base import overwrite
from kiosk.store.base.connection import immediate
from kiosk.store.instance import snapshot
from kiosk.store.instance.backup_target import Target
from kiosk.store.instance.owner import outside
from kiosk.store.instance.snapshot import Snapshot
from kiosk.store.keys import age_keys, backup_signing, recovery
from kiosk.store.keys.site_keys import sync_folder, write_secret
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

KEY_FILE = "backup.key"
SUFFIX = ".backup"
STAGE = "restoring"  # where a restore unpacks a backup, inside the instance
ASIDE = ".before-"  # followed by a time: suffix of files that a restore put aside
WRITTEN = "backup_written"


@dataclass(frozen=True, slots=True)
class BackupKey:
    """``private``: only before `kiosk init`; it is in the instance and must also be noted elsewhere."""

    public: bytes
    private: X25519PrivateKey | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """``signer``: public key that signed it."""

    path: Path
    size: int
    head: TraceHead
    files: tuple[str, ...]
    signer: bytes


def folder_of(settings: Settings) -> Path:
    """For the copies made before migrations."""
    return settings.instance / "backups"


def backup_key(db: Database, settings: Settings) -> BackupKey:
    """The recovery key; before `kiosk init` a key of this instance, made on first use."""
    if "recovery_keys" in db.table_names() and (key := recovery.current(db)):
        return BackupKey(key.public_key)
    path = settings.secrets / KEY_FILE
    if not path.exists():
        write_secret(path, f"{age_keys.identity(X25519PrivateKey.generate())}\n".encode())
    try:
        private = age_keys.from_identity(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, KeyTextError) as error:
        raise StoreError(
            f"{path} ne peut pas être lu comme clé des sauvegardes : rendez-le à l'utilisateur de la borne (chown),"
            " ou supprimez-le pour qu'une autre clé le remplace."
        ) from error
    return BackupKey(private.public_key().public_bytes_raw(), private)


def forget_unprotected(settings: Settings) -> None:
    """After `kiosk init`: remove copies with whole site keys, and the key that opens them."""
    with suppress(FileNotFoundError):
        for path in folder_of(settings).iterdir():
            overwrite.remove(path)
        sync_folder(folder_of(settings))
    overwrite.remove(settings.instance / STAGE)
    overwrite.remove(settings.secrets / KEY_FILE)
    sync_folder(settings.secrets)


def write(settings: Settings, target: Path, key: BackupKey, now: datetime, *, replace: bool = False) -> Written:
    """The file gets its name when complete, read back and synced. Raises StoreError; then nothing is left."""
    from kiosk.store.instance import backup_file  # pyrage and tarfile: 3 MiB that a process that serves does without

    taken_name = f"{target} existe déjà : choisissez un autre nom, ou ajoutez --replace."
    with outside(settings, target):
        if target.exists() and not replace:
            raise StoreError(taken_name)
    signer = backup_signing.private_key(settings.secrets)
    with snapshot.taken(settings) as taken:
        try:
            with ExitStack() as stack:
                files = _files(stack, settings, taken)
                unnamed = stack.enter_context(Target(settings, target))
                once = backup_file.write(unnamed.file, key.public, signer, files, _facts(taken, now))
                unnamed.sync()
                _read_back(unnamed.file, once)
                unnamed.give_name(replace=replace)
        except FileExistsError as error:
            raise StoreError(taken_name) from error
        except OSError as error:
            raise StoreError(f"{target} ne peut pas être écrit ({error}). Rien n'a été modifié.") from error
    return Written(target, unnamed.size, taken.head, tuple(files), signer.public_key().public_bytes_raw())


def left_out(settings: Settings) -> list[str]:
    """Files that the settings name outside the instance; not in a backup."""
    named = {**_named(settings), "smtp.password_file": settings.smtp.password_file}
    return [name for name, path in named.items() if path and _within(settings, path) is None]


def record(db: Database, written: Written, now: datetime) -> None:
    """Add an event, without the path."""
    letters = backup_signing.check_letters(written.signer)
    told = {"size": written.size, "sequence": written.head.sequence, backup_signing.DETAIL: letters}
    with immediate(db):
        events.append(db, [Event(action=WRITTEN, actor="command line", detail=told)], now)


def last_written(db: Database) -> datetime | None:
    query = f"SELECT at FROM events WHERE {events.OF_THE_KIOSK} AND action = ? ORDER BY id DESC LIMIT 1"
    row = db.execute(query, (WRITTEN,)).fetchone()
    return clock.from_text(row[0]) if row else None


def _files(stack: ExitStack, settings: Settings, taken: Snapshot) -> dict[str, BinaryIO]:
    try:
        others = {name: stack.enter_context(path.open("rb")) for name, path in _others(settings) if path.is_file()}
    except OSError as error:
        raise StoreError(
            f"{error.filename} ne peut pas être lu ({error.strerror}), et une sauvegarde sans lui serait incomplète :"
            " rendez-le à l'utilisateur de la borne (chown). Aucune sauvegarde n'a été faite."
        ) from error
    return {DATABASE: taken.file, **others}


def _facts(taken: Snapshot, now: datetime) -> dict[str, Any]:
    return {
        "format": 1,
        "written_at": clock.to_text(now),
        "migrations": taken.migrations,
        "head": {"sequence": taken.head.sequence, "digest": taken.head.hex},
    }


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


def _read_back(file: BinaryIO, key: X25519PrivateKey) -> None:
    from kiosk.store.instance import backup_file

    with backup_file.reading(file, key) as (contents, members):
        for name, content in members:
            if backup_file.digest_of(content) != contents.digests[name]:
                raise StoreError(
                    "La sauvegarde relue ne correspond pas à ce qui a été écrit : faites vérifier le disque."
                )
