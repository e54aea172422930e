"""Rows as values: what SQLite stores becomes what the code means."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from kiosk.domain.severity import Severity
from kiosk.store.base import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    severity: Severity
    at: datetime
    ended_at: datetime | None
    hidden: bool
    sealed: bytes | None


def read(severity: str = "high", at: str = "2026-11-20T12:00:00.250Z") -> Told | None:
    statement = "SELECT ? AS severity, ? AS at, NULL AS ended_at, 1 AS hidden, x'00ff' AS sealed, 7 AS another"
    return rows.one(sqlite3.connect(":memory:").execute(statement, (severity, at)), Told)


def test_columns_become_fields_by_name_and_type() -> None:
    at = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    assert read() == Told(severity=Severity.HIGH, at=at, ended_at=None, hidden=True, sealed=b"\x00\xff")


def test_no_row_is_no_value() -> None:
    assert rows.one(sqlite3.connect(":memory:").execute("SELECT 1 AS hidden WHERE 0"), Told) is None


@pytest.mark.parametrize("wrong", [{"severity": "grave"}, {"at": "midi"}])
def test_a_column_that_does_not_fit_is_an_error(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Invalid"):
        read(**wrong)
