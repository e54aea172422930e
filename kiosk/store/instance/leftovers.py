"""Detection of a lost database: files of a kiosk without their ``kiosk.db``, which no empty one may replace.

A first start makes the database before any other file but its locks, and the operator's own files may come before it.
"""

from collections.abc import Iterator
from pathlib import Path

from kiosk.config import Settings
from kiosk.config.settings import DATABASE
from kiosk.errors import StoreError

# Made by a kiosk that has a database. Not here: kiosk.toml, the relay's password and what else people put there.
OURS = (
    f"{DATABASE}.*",
    "forwarder.lock",
    "backups/*.backup",
    "secrets/site-*.key",
    "secrets/second-factor.key",
    "secrets/backup.key",
    "secrets/backup-signing.key",
    "secrets/follow-up.key",
)
LOG = f"{DATABASE}-wal"  # a first start that was killed leaves one beside an empty database
PAGES_AT, MARK_AT = slice(28, 32), slice(68, 72)  # in the header of an SQLite database


def demand_nothing_lost(settings: Settings) -> None:
    """Raises StoreError where the database is missing or empty although a kiosk had one there."""
    if (found := next(_left(settings), None)) is not None:
        raise StoreError(
            f"La base de la borne de « {settings.instance} » a disparu : kiosk.db manque ou est vide, et"
            f" {found.relative_to(settings.instance)} est encore là. Vérifiez que son disque est monté ; sinon"
            " restaurez la dernière sauvegarde : kiosk restore FICHIER --replace. Rien n'a été modifié."
        )


def has_database(settings: Settings) -> bool:
    """False for an empty one: without a mark and without a table. SQLite judges what cannot be read."""
    try:
        with settings.database.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return any(header[MARK_AT]) or int.from_bytes(header[PAGES_AT]) > 1


def _left(settings: Settings) -> Iterator[Path]:
    if not has_database(settings):
        for pattern in OURS if settings.database.exists() else (*OURS, LOG):
            yield from settings.instance.glob(pattern)
