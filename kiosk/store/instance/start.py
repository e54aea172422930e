"""Instance start: folders, database, schema, directory, keys. Every command begins here.

Only `kiosk run` and `kiosk restore` make an instance; every other command opens the one that is there.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base import overwrite
from kiosk.store.base.connection import open_database
from kiosk.store.base.damage import damage_noted
from kiosk.store.base.migrations import first_pending, migrate
from kiosk.store.base.room import FULL, is_full_disk
from kiosk.store.instance import backup, ballast, directory, init, snapshot
from kiosk.store.instance.leftovers import demand_nothing_lost, has_database
from kiosk.store.instance.mark import demand_no_place_of_a_demonstration, mark
from kiosk.store.instance.owner import act_as_owner
from kiosk.store.keys import backup_signing, follow_up_secret, site_keys
from kiosk.store.watch import clock_marks

UNFINISHED_RESTORE = "restore.unfinished"


def prepare(settings: Settings, now: datetime) -> Database:
    """Like ``open_instance``, but makes what is missing. Raises StoreError where a database was lost."""
    make_folder(settings)
    return _open(settings, now, may_make=True)


def open_instance(settings: Settings, now: datetime) -> Database:
    """An open, migrated database that matches the settings. Raises StoreError where there is no kiosk.

    Two processes may start at once.
    """
    demand_kiosk(settings)
    return _open(settings, now, may_make=False)


def demand_kiosk(settings: Settings) -> None:
    """Raises StoreError unless a kiosk lies in the instance. Acts as its owner from here on."""
    act_as_owner(settings)
    demand_no_place_of_a_demonstration(settings)
    _demand_finished_restore(settings)
    demand_nothing_lost(settings)
    if not has_database(settings):
        raise StoreError(
            f"Il n'y a pas de borne dans « {settings.instance} » : nommez son répertoire par KIOSK_INSTANCE."
            " Seules kiosk run et kiosk restore en créent une."
        )


def _open(settings: Settings, now: datetime, *, may_make: bool) -> Database:
    act_as_owner(settings)
    _demand_finished_restore(settings)
    _make_private(settings.secrets)
    ballast.release(settings)
    with _lock(settings.instance / "start.lock"):
        demand_nothing_lost(settings) if may_make else demand_kiosk(settings)
        _remove_plain_files(settings)
        overwrite.finish_removals(settings.instance)
        new = _make_file(settings.database)
        db = open_database(settings.database)
        with damage_noted(settings.database):
            _match_settings(db, settings, now, new=new)
    return db


def _match_settings(db: Database, settings: Settings, now: datetime, *, new: bool) -> None:
    mark(db, settings)
    if new:  # before any key: keys without a database mean that it was lost
        site_keys.sync_folder(settings.instance)
    backup_signing.ensure(settings.secrets)
    _save_before_migration(db, settings, now)
    migrate(db)
    directory.sync(db, settings.sites, settings.audiences)
    follow_up_secret.ensure(db, now)
    site_keys.ensure_site_keys(db, settings.secrets, (site.id for site in settings.sites), now)
    init.settle(db, settings, now)
    clock_marks.adopt(db)


def _demand_finished_restore(settings: Settings) -> None:
    if (settings.instance / UNFINISHED_RESTORE).exists():
        raise StoreError("Une restauration s'est interrompue : relancez kiosk restore, avec --replace s'il le demande.")


def _remove_plain_files(settings: Settings) -> None:
    """Left by a killed backup, or by a restore killed before its first change; running ones hold their locks."""
    snapshot.remove_left(settings)
    stage = settings.instance / backup.STAGE
    if stage.exists():
        with suppress(BlockingIOError), _lock(settings.instance / "use.lock", fcntl.LOCK_SH | fcntl.LOCK_NB):
            overwrite.remove(stage)


def _save_before_migration(db: Database, settings: Settings, now: datetime) -> None:
    """Without a verified backup nothing is changed."""
    name = first_pending(db)
    if name is None:
        return
    folder = backup.folder_of(settings)
    _make_private(folder)
    key = backup.backup_key(db, settings)
    backup.write(settings, folder / f"before-{name}-{now:%Y%m%dT%H%M%S}{backup.SUFFIX}", key, now, replace=True)


@contextmanager
def in_use(settings: Settings) -> Iterator[None]:
    """Shared lock for serving and forwarding: no restore meanwhile."""
    act_as_owner(settings, for_good=True)
    with _lock(settings.instance / "use.lock", fcntl.LOCK_SH):
        yield


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Exclusive lock; raises StoreError while the kiosk runs."""
    act_as_owner(settings)
    try:
        with _lock(settings.instance / "use.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError as error:
        raise StoreError(
            "La borne fonctionne sur cette instance : arrêtez-la d'abord. Rien n'a été modifié."
        ) from error


def make_folder(settings: Settings) -> None:
    """For commands that may make an instance."""
    act_as_owner(settings)
    demand_no_place_of_a_demonstration(settings)
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"Le dossier de l'instance {settings.instance} est inutilisable : {error}.") from error


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        cure = FULL if is_full_disk(error, folder) else "Vérifiez le disque et les droits."
        raise StoreError(f"{folder} ne peut pas être créé : {error.strerror}. {cure}") from error


def _make_file(path: Path) -> bool:
    """True if created. We create it because SQLite copies its permissions to the WAL."""
    for beside in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(FileNotFoundError):  # usually absent: the last connection removes it
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
        cure = FULL if is_full_disk(error, path) else "Vérifiez le disque et les droits."
        raise StoreError(f"{path} ne peut pas être écrit : {error.strerror}. {cure}") from error


@contextmanager
def _lock(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Kernel lock, released with the process; the file's content is meaningless."""
    descriptor = _open_private(path)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
