"""Database mark (application_id): real or demonstration; one never replaces the other."""

from pathlib import Path

from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.config.demonstration import DEMONSTRATION, FOLDER, REAL, is_marked
from kiosk.errors import StoreError
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.base.overwrite import remove, remove_tree

SERVE_IT = "servez-la par kiosk run --demo, ou nommez par KIOSK_INSTANCE le répertoire de la vraie borne."


def mark(db: Database, settings: Settings) -> None:
    """Mark a new database; raises StoreError if a mark differs from the settings."""
    found, wanted = _mark_of(db), DEMONSTRATION if settings.demo else REAL
    if found == 0 and not db.table_names():
        db.execute(f"PRAGMA application_id = {wanted}").fetchall()
        overwrite_log(db)  # writes it to the file's header, where the settings read it
    elif (found, wanted) == (DEMONSTRATION, REAL):
        raise StoreError(f"« {settings.instance} » contient la base d'une démonstration : {SERVE_IT}")
    elif (found, wanted) == (REAL, DEMONSTRATION):
        raise StoreError(
            f"« {settings.instance} » contient la base d'une vraie borne, pas d'une démonstration : déplacez ce"
            " répertoire ailleurs sans rien effacer, puis recommencez."
        )


def demand_same_mark(db: Database, settings: Settings) -> None:
    """Raises StoreError if a backup's mark differs from the instance's."""
    if (_mark_of(db) == DEMONSTRATION) != settings.demo:
        other = "d'une vraie borne" if settings.demo else "d'une démonstration"
        raise StoreError(
            f"Cette sauvegarde est celle {other} : elle n'a pas sa place dans « {settings.instance} »."
            " Rien n'a été modifié."
        )


def demand_real(settings: Settings) -> None:
    """Raises StoreError for a demonstration: it has no relay."""
    if settings.demo:
        raise StoreError(f"« {settings.instance} » est une démonstration, qui ne parle à aucun relais : {SERVE_IT}")


def demand_no_place_of_a_demonstration(settings: Settings) -> None:
    """Raises StoreError where only `kiosk run --demo` may create a database."""
    if settings.instance.name == FOLDER and not settings.demo and not settings.database.exists():
        raise StoreError(
            f"« {settings.instance} » est la place d'une démonstration, et il n'y en a pas :"
            " kiosk run --demo en crée une."
        )


def erase(settings: Settings) -> int:
    """Remove a demonstration's folder, the database last; returns how many mails its mailbox held.

    The caller holds ``start.alone``.
    """
    mails = len(list(settings.demo_mailbox.glob("*.eml")))
    try:
        for path in sorted(settings.instance.iterdir(), key=lambda path: path == settings.database):
            _remove(path)
        settings.instance.rmdir()
    except OSError as error:
        raise StoreError(f"« {settings.instance} » n'a pas pu être supprimé en entier ({error.strerror}).") from error
    return mails


def demand_demonstration(settings: Settings) -> None:
    """Raises StoreError if there is no demonstration: nothing else may be removed."""
    if not settings.database.exists():
        raise StoreError(f"Il n'y a pas de démonstration dans « {settings.instance} » : rien n'a été supprimé.")
    if not is_marked(settings.database):
        raise StoreError(
            f"La base de « {settings.instance} » n'est pas celle d'une démonstration : rien n'a été supprimé."
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        remove(path)


def _mark_of(db: Database) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])
