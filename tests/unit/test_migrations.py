"""What an older version wrote is still there after the schema has moved on."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.errors import StoreError
from kiosk.store.base.migrations import migrate, migrations
from kiosk.store.outbox.deliveries import undelivered
from kiosk.store.reports import report_lists, stored_report
from kiosk.store.reports.report_lists import Selection

ROWS = """
INSERT INTO sites VALUES ('siege', 'Siège', '', 1);
INSERT INTO audiences VALUES ('mssi', 'mssi', 'MSSI', 'a@b.example', '', '[]', '[]', 'always', 1);
INSERT INTO site_keys VALUES (1, 'siege', zeroblob(32), '2026-11-21T08:00:00.000Z', NULL);
INSERT INTO reports VALUES (1, 'AAA-AAA-AAA', zeroblob(32), zeroblob(32), zeroblob(32), zeroblob(32), 'virus', 'high',
  'open', 'siege', NULL, NULL, 'fr', 'now', NULL, NULL, 'yes', 'no', '2026-11-21T08:00:00.000Z',
  '2026-11-21T08:00:00.000Z', NULL, '[]', 0, 1, x'00', NULL);
INSERT INTO deliveries VALUES (1, 1, 'siege', 'mssi', 'report', '<1@b>', 'held', '2026-11-21T08:00:00.000Z',
  '2026-11-21T08:00:00.000Z', 1, 0, NULL, NULL, NULL, '550 no', 0);
INSERT INTO deliveries VALUES (2, 1, 'siege', 'mssi', 'report', '<2@b>', 'sent', '2026-11-21T08:00:00.000Z',
  '2026-11-21T08:00:00.000Z', 1, 0, NULL, NULL, '2026-11-21T08:01:00.000Z', '250 ok', 0);
INSERT INTO bodies VALUES (1, x'61');
INSERT INTO attempts VALUES (1, 1, '2026-11-21T08:00:00.000Z', '2026-11-21T08:00:01.000Z', 'refused', 'rcpt', '550 no');
"""


@pytest.fixture
def old(tmp_path: Path) -> Database:
    """A database of the first version, with a report in it, on a real disk."""
    db = Database(sqlite3.connect(tmp_path / "kiosk.db", isolation_level=None))
    db.execute("PRAGMA foreign_keys = ON").fetchall()
    migrations.apply(db, stop_before="m0002_purposes")
    db.executescript(ROWS)
    return db


def test_a_database_of_the_first_version_keeps_its_queue(old: Database) -> None:
    migrate(old)
    (line,) = undelivered(old)
    assert (line.reference, line.state, line.attempts, line.last_reply) == ("AAA-AAA-AAA", "held", 1, "550 no")
    assert old.execute("SELECT bytes FROM bodies").fetchall() == [(b"a",)]
    assert old.execute("PRAGMA foreign_key_check").fetchall() == []
    assert old.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_its_reports_stand_on_the_console(old: Database) -> None:
    migrate(old)
    (line,) = report_lists.page(old, Selection(sites=("siege",))).lines
    assert (line.reference, line.state, line.told_at, line.hidden_as) == ("AAA-AAA-AAA", "open", None, None)
    found = stored_report.find(old, "AAA-AAA-AAA")
    assert found
    assert (found.told_way, found.entered_by) == (None, None)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("DELETE FROM deliveries WHERE id = 2", "never deleted"),
        ("UPDATE deliveries SET state = 'queued' WHERE id = 2", "stays so"),
        ("DELETE FROM bodies", "stays"),
        ("UPDATE deliveries SET state = 'cancelled' WHERE id = 1", "CHECK"),
        ("UPDATE deliveries SET only_while = 'open' WHERE id = 1", "CHECK"),
        ("INSERT INTO bodies VALUES (77, x'00')", "FOREIGN KEY"),
    ],
)
def test_its_safeguards_still_hold(old: Database, statement: str, refusal: str) -> None:
    migrate(old)
    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        old.execute(statement)


def test_a_row_that_points_at_nothing_stops_the_migration_before_its_commit(old: Database) -> None:
    old.execute("PRAGMA foreign_keys = OFF").fetchall()
    old.execute("INSERT INTO bodies VALUES (77, x'00')")
    with pytest.raises(StoreError, match="bodies"):
        migrate(old)
    assert "only_while" not in {column.name for column in old["deliveries"].columns}


def test_a_migration_that_breaks_off_changes_nothing(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kiosk.store.base.migrations.REMADE_DELIVERIES", "DROP TRIGGER a_sent_delivery_stays_sent; CREATE x"
    )
    with pytest.raises(sqlite3.OperationalError):
        migrate(old)
    monkeypatch.undo()
    migrate(old)
    assert len(undelivered(old)) == 1
