"""Restore of a backup (`kiosk restore`).

The backup is decrypted, checked and migrated in a folder of its own before the instance changes. From then until the
new database is in place a marker file makes every start refuse: an interrupted restore is repeated, never half used.
"""

import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk import clock
from kiosk.config.settings import DATABASE, Settings
from kiosk.errors import KioskError, StoreError
from kiosk.store.base import damage, overwrite
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.base.migrations import migrate
from kiosk.store.instance import backup_file
from kiosk.store.instance.backup import ASIDE, STAGE
from kiosk.store.instance.backup_file import Contents
from kiosk.store.instance.backup_target import give_second_name
from kiosk.store.instance.mark import demand_same_mark
from kiosk.store.instance.owner import open_outside
from kiosk.store.instance.proof import Proof
from kiosk.store.instance.start import UNFINISHED_RESTORE
from kiosk.store.keys.site_keys import public_half, sync_folder
from kiosk.store.outbox import claims, deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

FAILURES = (OSError, sqlite3.Error)  # full or failing disk
OURS_ALONE = (f"{DATABASE}-*", "*.lock", UNFINISHED_RESTORE, f"{STAGE}/*", "backups/*", f"*{ASIDE}*")


@dataclass(frozen=True, slots=True)
class Staged:
    """Unpacked backup; ``files``: all but the database, by their names in the instance."""

    folder: Path
    files: tuple[str, ...]
    written_at: datetime
    sequence: int

    @property
    def database(self) -> Path:
        return self.folder / DATABASE


@dataclass(frozen=True, slots=True)
class Doubts:
    """``references``: reports whose mails may arrive twice; ``mails``: how many, including those without a report."""

    references: tuple[str, ...]
    mails: int


def unpack(settings: Settings, source: Path, private_key: X25519PrivateKey, proof: Proof) -> Staged:
    """Decrypt, verify and check the whole backup. Raises StoreError; the instance is unchanged then."""
    folder = settings.instance / STAGE
    overwrite.remove(folder)
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        with open_outside(settings, source) as file, backup_file.reading(file, private_key) as (contents, members):
            proof.demand_signer(contents.signer)
            for name, content in members:
                _lay(folder, name, content, contents.digests)
        staged = _staged(folder, contents)
        _check(settings, staged, proof, contents.signer)
    except FAILURES as error:
        overwrite.remove(folder)
        raise StoreError(f"{source} ne peut pas être restauré ({error}). Rien n'a été modifié.") from error
    except KioskError:
        overwrite.remove(folder)
        raise
    return staged


def discard(staged: Staged) -> None:
    """Removes the plaintext."""
    overwrite.remove(staged.folder)


def begin(settings: Settings) -> None:
    """From here on a start refuses, until ``finish``."""
    mark = settings.instance / UNFINISHED_RESTORE
    os.close(os.open(mark, os.O_WRONLY | os.O_CREAT, 0o600))
    sync_folder(settings.instance)


def place_files(settings: Settings, staged: Staged, *, stamp: str, replace: bool) -> tuple[str, ...]:
    """Returns the files that differ and stayed; replaced files and unknown site keys are put aside."""
    stayed = []
    for name in staged.files:
        target, ours = settings.instance / name, staged.folder / name
        there = target.exists()
        if there and target.read_bytes() == ours.read_bytes():
            sync_folder(target.parent)  # an earlier restore may have been killed after the rename
            continue  # a second copy of a key in use would outlive `kiosk init`
        if there and not replace:
            stayed.append(name)
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if there:
            _put_aside(target, stamp)
        ours.rename(target)  # atomic: already synced
        sync_folder(target.parent)
    for path in _strange_keys(settings, staged):
        _put_aside(path, stamp)
        sync_folder(path.parent)
    return tuple(stayed)


def stamp_of(settings: Settings, now: datetime) -> str:
    """Suffix for files put aside; unique even within one second."""
    stamp = f"{clock.local(now):%Y%m%d-%H%M%S}"
    others = (f"{stamp}-{number}" for number in count(2))
    return next(one for one in chain([stamp], others) if not any(settings.instance.rglob(f"*{ASIDE}{one}")))


def _put_aside(path: Path, stamp: str) -> None:
    path.rename(path.with_name(f"{path.name}{ASIDE}{stamp}"))


def differing_keys(settings: Settings, staged: Staged) -> list[str]:
    """Key files that differ from the backup's and so cannot open it."""
    secret = (name for name in staged.files if name.startswith("secrets/"))
    there = ((settings.instance / name, staged.folder / name) for name in secret)
    differing = [path for path, ours in there if path.exists() and path.read_bytes() != ours.read_bytes()]
    return [str(path) for path in (*differing, *_strange_keys(settings, staged))]


def _strange_keys(settings: Settings, staged: Staged) -> list[Path]:
    """Site key files unknown to the backup: another kiosk's."""
    with open_database(staged.database) as db:
        known = {row[0] for row in db.execute("SELECT public_key FROM site_keys")}
    found = [path for path in settings.secrets.glob("site-*.key") if f"secrets/{path.name}" not in staged.files]
    return [path for path in found if public_half(path) not in known]


def put_in_doubt(staged: Staged, *, wait: timedelta, now: datetime) -> Doubts:
    """Mark unsent mails as possible duplicates (they may have left since); end all sessions."""
    with open_database(staged.database) as db:
        claims.release_open_claims(db, wait=wait, now=now)
        with immediate(db):
            db.execute(
                "UPDATE deliveries SET ambiguous = ambiguous + 1 WHERE state IN ('queued', 'held') AND ambiguous = 0"
            )
            # Heartbeats too: between backup and restore nothing had to be alive.
            for table in ("staff_sessions", "password_proofs", "heartbeats"):
                db.execute(f"DELETE FROM {table}")
            doubts = _doubts(db)
            told = {"written_at": clock.to_text(staged.written_at), "sequence": staged.sequence, "mails": doubts.mails}
            events.append(db, [Event(action="backup_restored", actor="command line", detail=told)], now)
    return doubts


def announce(staged: Staged, mails: Sequence[NewDelivery], *, site: str, now: datetime) -> None:
    with open_database(staged.database) as db:
        with immediate(db):
            deliveries.enqueue(db, mails, report_id=None, site=site, now=now)
        overwrite_log(db)


def finish(settings: Settings, staged: Staged, *, stamp: str) -> Path | None:
    """Move the database into place; returns where the former one is kept."""
    aside = _set_aside(settings.database, stamp) if settings.database.exists() else None
    for end in ("-wal", "-shm"):  # SQLite would apply the former WAL to the new database
        overwrite.remove(Path(f"{settings.database}{end}"))
    staged.database.rename(settings.database)
    damage.forget(settings.database)
    sync_folder(settings.instance)
    overwrite.remove(staged.folder)
    (settings.instance / UNFINISHED_RESTORE).unlink()
    sync_folder(settings.instance)
    return aside


def _set_aside(database: Path, stamp: str) -> Path:
    """Under a second name, with its WAL."""
    aside = database.with_name(f"{database.name}{ASIDE}{stamp}")
    with suppress(StoreError), open_database(database) as db:
        overwrite_log(db)
    with suppress(FileNotFoundError):
        log = Path(f"{database}-wal")
        if log.stat().st_size:
            shutil.copyfile(log, f"{aside}-wal")
    give_second_name(database, aside)
    return aside


def _lay(folder: Path, name: str, content: BinaryIO, digests: Mapping[str, str]) -> None:
    path = PurePosixPath(name)
    # Signed or not: only names that a backup gives, so that nothing lands outside.
    if path.is_absolute() or ".." in path.parts or any(path.match(pattern) for pattern in OURS_ALONE):
        raise StoreError(backup_file.DAMAGED)
    target = folder / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b") as file:
        while block := content.read(backup_file.BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        if backup_file.digest_of(file) != digests[name]:
            raise StoreError(backup_file.DAMAGED)


def _staged(folder: Path, contents: Contents) -> Staged:
    facts, digests = contents.facts, contents.digests
    try:
        written_at, sequence = clock.from_text(str(facts["written_at"])), int(facts["head"]["sequence"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(backup_file.DAMAGED) from error
    if DATABASE not in digests:
        raise StoreError(backup_file.DAMAGED)
    return Staged(folder, tuple(name for name in digests if name != DATABASE), written_at, sequence)


def _check(settings: Settings, staged: Staged, proof: Proof, signer: bytes) -> None:
    with open_database(staged.database) as db:
        if not damage.is_whole(db):
            raise StoreError(backup_file.DAMAGED)
        if (broken := events.first_break(db)) is not None:
            raise StoreError(f"La trace de cette sauvegarde est rompue à l'événement {broken} : rien n'a été modifié.")
        proof.demand_heads(db, signer)
        demand_same_mark(db, settings)
        migrate(db)
        overwrite_log(db)


UNSENT = "deliveries.state IN ('queued', 'in_digest', 'held') AND purpose != 'digest'"


def _doubts(db: Database) -> Doubts:
    waiting = f"FROM deliveries LEFT JOIN reports ON reports.id = report_id WHERE {UNSENT}"
    rows = db.execute(f"SELECT DISTINCT reference {waiting} AND report_id IS NOT NULL ORDER BY reference").fetchall()
    count = db.execute(f"SELECT count(*) {waiting}").fetchone()[0]
    return Doubts(tuple(row[0] for row in rows), count)
