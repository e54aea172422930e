"""Every change of the schema, in order. A migration that has been released is never edited: add the next one."""

from sqlite_utils import Database, Migrations

from kiosk.errors import StoreError
from kiosk.store.schema.alarms import ALARMS, CERTIFICATE
from kiosk.store.schema.breach import BREACH
from kiosk.store.schema.duty import DUTY
from kiosk.store.schema.first import FIRST_SCHEMA
from kiosk.store.schema.follow_up import FOLLOW_UP
from kiosk.store.schema.keys import KEYS
from kiosk.store.schema.lean_marks import LEAN_MARKS
from kiosk.store.schema.lists import LISTS
from kiosk.store.schema.occasions import MORE_OCCASIONS
from kiosk.store.schema.purposes import REMADE_DELIVERIES
from kiosk.store.schema.recovery import RECOVERY
from kiosk.store.schema.retention import RETENTION
from kiosk.store.schema.staff import STAFF
from kiosk.store.schema.told import TOLD

APPLICATION_ID = 0x4B494F53  # "KIOS" in the file's header tells our database from any other

migrations = Migrations("kiosk")


@migrations()
def m0001_first_schema(db: Database) -> None:
    db.executescript(FIRST_SCHEMA)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}").fetchall()


@migrations()
def m0002_purposes(db: Database) -> None:
    db.executescript(REMADE_DELIVERIES)
    _check_references(db)


@migrations()
def m0003_duty(db: Database) -> None:
    db.executescript(DUTY)


@migrations()
def m0004_staff(db: Database) -> None:
    db.executescript(STAFF)


@migrations()
def m0005_follow_up(db: Database) -> None:
    db.executescript(FOLLOW_UP)


@migrations()
def m0006_told(db: Database) -> None:
    db.executescript(TOLD)


@migrations()
def m0006_lists(db: Database) -> None:
    db.executescript(LISTS)


@migrations()
def m0007_lean_marks(db: Database) -> None:
    db.executescript(LEAN_MARKS)


@migrations()
def m0008_alarms(db: Database) -> None:
    db.executescript(ALARMS)


@migrations()
def m0008_certificate(db: Database) -> None:
    db.executescript(CERTIFICATE)


@migrations()
def m0009_recovery(db: Database) -> None:
    db.executescript(RECOVERY)


@migrations()
def m0010_more_occasions(db: Database) -> None:
    db.executescript(MORE_OCCASIONS)
    _check_references(db)


@migrations()
def m0011_keys(db: Database) -> None:
    db.executescript(KEYS)


@migrations()
def m0013_retention(db: Database) -> None:
    db.executescript(RETENTION)


@migrations()
def m0014_breach(db: Database) -> None:
    db.executescript(BREACH)


def first_pending(db: Database) -> str | None:
    """The next change of a database that holds something already; None for a new one, or when there is none."""
    ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if not ours or "reports" not in db.table_names():
        return None
    return next((migration.name for migration in migrations.pending(db)), None)


def migrate(db: Database) -> None:
    """Brings the database to this program's schema, each migration whole or not at all.

    Raises StoreError if it is another program's or from a newer version.
    """
    found = db.execute("PRAGMA application_id").fetchone()[0]
    # The first start may have ended after the list of migrations was made and before the first one was applied.
    strangers = set(db.table_names()) - {migrations.migrations_table}
    if found not in (0, APPLICATION_ID) or (found == 0 and strangers):
        raise StoreError("Le fichier kiosk.db n'appartient pas à ce programme : déplacez-le, ne le supprimez pas.")
    if unknown := sorted({row.name for row in migrations.applied(db)} - _ours()):
        raise StoreError(
            f"kiosk.db a été écrit par une version plus récente ({unknown[-1]}) : réinstallez cette version."
        )
    # A table that others point at can only be remade while nobody looks at the pointers; each migration that does so
    # checks them itself, before its commit.
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
    """All of them are pending on an empty database."""
    with Database(memory=True) as empty:
        return {migration.name for migration in migrations.pending(empty)}
