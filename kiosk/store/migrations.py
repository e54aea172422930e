"""Every change of the schema, in order. A migration that has been released is never edited: add the next one."""

from sqlite_utils import Database, Migrations

from kiosk.errors import StoreError
from kiosk.store.schema import FIRST_SCHEMA

APPLICATION_ID = 0x4B494F53  # "KIOS" in the file's header tells our database from any other

migrations = Migrations("kiosk")


@migrations()
def m0001_first_schema(db: Database) -> None:
    db.executescript(FIRST_SCHEMA)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}").fetchall()


def migrate(db: Database) -> None:
    """Brings the database to this program's schema; raises StoreError if it is another's or from a newer version."""
    found = db.execute("PRAGMA application_id").fetchone()[0]
    if found not in (0, APPLICATION_ID) or (found == 0 and db.table_names()):
        raise StoreError("The file kiosk.db does not belong to this program: move it away, do not delete it.")
    known = {migration.name for migration in migrations.pending(db)} | {row.name for row in migrations.applied(db)}
    ours = {"m0001_first_schema"}
    if unknown := sorted(known - ours):
        raise StoreError(f"kiosk.db was written by a newer version ({unknown[-1]}): install that version again.")
    migrations.apply(db)
