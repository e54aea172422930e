"""Sentences for failures of SQLite: what happened to the database, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

from kiosk.errors import StoreError

DAMAGED = "est endommagée : gardez ce fichier et restaurez la dernière sauvegarde (kiosk restore)."
SENTENCES = {
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: "ne peut pas être écrite : son disque est plein. Libérez de la place, puis recommencez.",
    sqlite3.SQLITE_IOERR: "ne peut être ni lue ni écrite : vérifiez son disque, puis recommencez.",
    sqlite3.SQLITE_READONLY: "ne peut pas être écrite : vérifiez son disque et les droits, puis recommencez.",
    sqlite3.SQLITE_CANTOPEN: "ne peut pas être ouverte : vérifiez son disque et les droits, puis recommencez.",
    sqlite3.SQLITE_BUSY: "est restée occupée : recommencez dans un instant.",
    sqlite3.SQLITE_LOCKED: "est restée occupée : recommencez dans un instant.",
}


@contextmanager
def told_as_store_errors(database: Path) -> Iterator[None]:
    """Raises StoreError for what SQLite raises."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"La base {database} {sentence_of(error)}") from error


def is_of_sqlite(error: Exception) -> TypeGuard[sqlite3.Error]:
    return isinstance(error, sqlite3.Error)


def sentence_of(error: sqlite3.Error) -> str:
    """Without SQLite's own words, which may quote a row."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    unknown = f"a refusé une opération ({type(error).__name__} {code}) : lancez kiosk check."
    return SENTENCES.get(code & 0xFF, unknown)
