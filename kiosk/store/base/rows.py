"""Rows as values: a query's columns become the fields of a dataclass, by name and converted by type."""

from collections.abc import Iterator
from sqlite3 import Cursor
from typing import Any, TypeVar

import msgspec

Value = TypeVar("Value")


def named(cursor: Cursor) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def value(row: dict[str, Any], kind: type[Value]) -> Value:
    """Moments, enums and truth values from text and numbers. Raises ValueError when a column does not fit its field."""
    return msgspec.convert(row, kind, strict=False, builtin_types=(bytes,))


def every(cursor: Cursor, kind: type[Value]) -> Iterator[Value]:
    return (value(row, kind) for row in named(cursor))


def one(cursor: Cursor, kind: type[Value]) -> Value | None:
    """The first row, or None."""
    return next(every(cursor, kind), None)
