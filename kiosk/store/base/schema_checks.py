"""Comparison of the database's structure with the one that the migrations make."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sqlite_utils import Database

from kiosk.store.base.migrations import migrate

Objects = dict[tuple[str, str], tuple[str, str | None]]

KINDS = {"table": "la table", "index": "l'index", "trigger": "le déclencheur", "view": "la vue"}
FEMININE = frozenset({"table", "view"})
# SQLite's own tables of statistics and of AUTOINCREMENT: without a promise of ours.
OWN = frozenset({"sqlite_stat1", "sqlite_stat4", "sqlite_sequence"})


@dataclass(frozen=True, slots=True)
class Difference:
    """``how``: missing, altered or stranger."""

    kind: str
    name: str
    how: str

    @property
    def french(self) -> str:
        that, e = ("celle", "e") if self.kind in FEMININE else ("celui", "")
        ends = {"missing": "manque", "altered": f"n'est pas {that} prévu{e}", "stranger": f"est inconnu{e}"}
        return f"{KINDS.get(self.kind, self.kind)} {self.name} {ends[self.how]}"


def differences(db: Database) -> Iterator[Difference]:
    """Every table, index, trigger and view whose SQL is not that of a new database, by kind and name."""
    expected, actual = _expected(), _objects(db)
    for kind, name in sorted(expected.keys() | actual.keys()):
        if (kind, name) not in actual:
            yield Difference(kind, name, "missing")
        elif (kind, name) not in expected:
            yield Difference(kind, name, "stranger")
        elif actual[kind, name] != expected[kind, name]:
            yield Difference(kind, name, "altered")


@cache
def _expected() -> Objects:
    with Database(memory=True) as fresh:
        migrate(fresh)
        return _objects(fresh)


def _objects(db: Database) -> Objects:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {(kind, name): (table, sql) for kind, name, table, sql in rows if name not in OWN}
