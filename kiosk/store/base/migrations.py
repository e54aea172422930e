"""Schema migrations: the numbered SQL files in kiosk/store/schema, applied in order.

Never edit a released file; add the next number.
"""

import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from sqlite_utils import Database, Migrations

from kiosk.config.demonstration import DEMONSTRATION, REAL
from kiosk.errors import StoreError

SCHEMA = files("kiosk.store") / "schema"


def read_migrations(folder: Traversable) -> Migrations:
    found = Migrations("kiosk")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            _register(found, file)
    return found


def statements(script: str) -> Iterator[str]:
    """Each statement must begin on a line of its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def _register(found: Migrations, file: Traversable) -> None:
    @found(name=file.name.removesuffix(".sql"))
    def apply(db: Database) -> None:
        for statement in statements(file.read_text(encoding="utf-8")):
            db.execute(statement)
        _check_references(db)


migrations = read_migrations(SCHEMA)


def first_pending(db: Database) -> str | None:
    """Name of the next migration; None if there is none or the database is new."""
    ours = db.execute("PRAGMA application_id").fetchone()[0] in (REAL, DEMONSTRATION)
    if not ours or "reports" not in db.table_names():
        return None
    return next((migration.name for migration in migrations.pending(db)), None)


def migrate(db: Database) -> None:
    """Apply pending migrations, each whole or not at all.

    Raises StoreError for another program's database or one from a newer version.
    """
    found = db.execute("PRAGMA application_id").fetchone()[0]
    # A first start may have stopped between creating this table and the first migration.
    strangers = set(db.table_names()) - {migrations.migrations_table}
    if found not in (0, REAL, DEMONSTRATION) or (found == 0 and strangers):
        raise StoreError("Le fichier kiosk.db n'appartient pas à ce programme : déplacez-le, ne le supprimez pas.")
    if unknown := sorted({row.name for row in migrations.applied(db)} - _ours()):
        raise StoreError(
            f"kiosk.db a été écrit par une version plus récente ({unknown[-1]}) : réinstallez cette version."
        )
    # Rebuilding a table that others refer to needs foreign keys off; each migration checks them before its commit.
    db.execute("PRAGMA foreign_keys = OFF").fetchall()
    try:
        migrations.apply(db)
    finally:
        db.execute("PRAGMA foreign_keys = ON").fetchall()


def _check_references(db: Database) -> None:
    if broken := db.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(
            f"Dans kiosk.db, une ligne de {broken[0]} ne mène à rien : la base a été laissée telle quelle."
        )


def _ours() -> set[str]:
    """On an empty database all migrations are pending."""
    with Database(memory=True) as empty:
        return {migration.name for migration in migrations.pending(empty)}
