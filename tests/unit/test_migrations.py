"""Numbered SQL files: applied in their order, each whole or not at all, and what was written before is still there."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.migrations import SCHEMA, migrate, statements
from kiosk.store.instance import backup, start
from kiosk.store.outbox.undelivered import undelivered
from tests.build import NOON, store
from tests.unit.later_version import ADDS, with_later_migration


def test_the_files_are_numbered_without_a_gap_or_a_double() -> None:
    names = sorted(file.name for file in SCHEMA.iterdir())
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", name) for name in names), names
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


@pytest.mark.parametrize("name", [file.name for file in SCHEMA.iterdir()])
def test_a_file_is_split_into_what_sqlite_takes_for_its_statements(name: str) -> None:
    script = (SCHEMA / name).read_text(encoding="utf-8")
    assert "".join(statements(script)) == script
    whole, split = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    whole.executescript(script)
    for statement in statements(script):
        split.execute(statement)
    assert list(split.iterdump()) == list(whole.iterdump())


def test_a_statement_may_hold_semicolons_at_the_end_of_its_lines() -> None:
    script = "-- one;\nSELECT ';\n';\nCREATE TRIGGER t BEFORE DELETE ON x\nBEGIN\n  SELECT 1;\nEND;\nSELECT 2"
    found = ["-- one;\nSELECT ';\n';\n", "CREATE TRIGGER t BEFORE DELETE ON x\nBEGIN\n  SELECT 1;\nEND;\n", "SELECT 2"]
    assert list(statements(script)) == found


def test_every_table_is_strict(db: Database) -> None:
    tables = db.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    assert [name for name, strict in tables if not strict and not name.startswith(("sqlite_", "_sqlite_"))] == []


def test_a_later_migration_keeps_the_queue_and_is_made_after_a_backup(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(db)
    with_later_migration(tmp_path, ADDS, monkeypatch)
    with start.prepare(settings, NOON) as opened:
        assert "colour" in {column.name for column in opened["deliveries"].columns}
        assert [line.reference for line in undelivered(opened)] == ["7K4-92Q-MX3"]
    (kept,) = backup.folder_of(settings).iterdir()
    assert kept.name.startswith("before-0002_later-")


@pytest.mark.parametrize(
    ("broken", "refusal"),
    [
        (f"{ADDS}CREATE x;\n", sqlite3.OperationalError),
        (f"{ADDS}CREATE TABLE cut_sh", sqlite3.OperationalError),
        (
            f"{ADDS}INSERT INTO digest_turns (audience_id, next_at) VALUES ('nobody', '');\n",
            StoreError,
        ),  # points at nothing
    ],
)
def test_a_migration_that_breaks_off_changes_nothing(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, refusal: type[Exception]
) -> None:
    store(db)
    with_later_migration(tmp_path, broken, monkeypatch)
    with pytest.raises(refusal):
        migrate(db)
    assert "colour" not in {column.name for column in db["deliveries"].columns}
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    monkeypatch.undo()
    migrate(db)
    assert len(undelivered(db)) == 1


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("DELETE FROM deliveries", "never deleted"),
        ("UPDATE deliveries SET state = 'cancelled'", "CHECK"),
        ("UPDATE deliveries SET only_while = 'open'", "CHECK"),
        ("DELETE FROM bodies", "stays"),
        ("UPDATE bodies SET bytes = x'00'", "final"),
        ("UPDATE deliveries SET head = x'00'", "final"),
        ("UPDATE deliveries SET body_id = NULL", "final"),
        ("UPDATE deliveries SET message_id = 'x'", "final"),
        ("INSERT INTO digest_turns (audience_id, next_at) VALUES ('nobody', '')", "FOREIGN KEY"),
        ("UPDATE reports SET kind_title = 'Autre'", "never rewritten"),
    ],
)
def test_the_safeguards_hold(db: Database, statement: str, refusal: str) -> None:
    store(db)
    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        db.execute(statement)


def test_a_delivery_that_was_sent_stays_so(db: Database) -> None:
    store(db)
    db.execute("UPDATE deliveries SET state = 'sent', sent_at = 'x'")
    with pytest.raises(sqlite3.IntegrityError, match="stays so"):
        db.execute("UPDATE deliveries SET state = 'queued', sent_at = NULL")
