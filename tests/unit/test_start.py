"""What a start finds, makes, and refuses."""

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings, Site
from kiosk.domain.troubles.setup import FOLLOW_UP_REPLACED
from kiosk.errors import NotConfirmed, StoreError
from kiosk.store.base import migrations
from kiosk.store.base.connection import PRAGMAS, open_database
from kiosk.store.base.migrations import statements
from kiosk.store.instance import start
from kiosk.store.keys import site_keys
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.watch.check import find_troubles
from tests.build import NOON, store


def test_a_lost_secret_of_follow_up_codes_is_replaced_and_may_be_put_back(db: Database, settings: Settings) -> None:
    path = settings.secrets / "follow-up.key"
    first = path.read_bytes()
    path.unlink()
    start.prepare(settings, NOON).close()
    assert says(db, settings) == [], "no code has been given out"
    store(db)
    second = path.read_bytes()
    path.unlink()
    assert follow_up_secret(db) == second, "a report that comes in meanwhile is taken"
    start.prepare(settings, NOON).close()
    assert len({first, second, path.read_bytes()}) == 3
    assert says(db, settings) == ["20/11/2026"]
    path.write_bytes(second)
    assert says(db, settings) == []


def says(db: Database, settings: Settings) -> list[str]:
    return [each.detail for each in find_troubles(db, settings, NOON) if each.trouble is FOLLOW_UP_REPLACED]


def test_an_empty_instance_is_made_ready_and_kept_from_others(settings: Settings) -> None:
    start.prepare(settings, NOON).close()
    assert settings.database.stat().st_mode & 0o077 == 0
    assert settings.secrets.stat().st_mode & 0o077 == 0
    assert (settings.secrets / "site-siege.key").stat().st_mode & 0o077 == 0


def test_a_second_start_keeps_reports_and_keys(settings: Settings) -> None:
    with start.prepare(settings, NOON) as db:
        store(db)
        key = site_keys.site_key(db, "siege")
    with start.prepare(settings, NOON) as db:
        assert db["reports"].count == 1
        assert site_keys.site_key(db, "siege") == key


def test_a_start_that_changes_nothing_needs_no_turn_to_write(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk gives none: `kiosk check` must still say so."""
    monkeypatch.setattr("kiosk.store.base.connection.WRITE_PATIENCE", 0.05)
    with start.prepare(settings, NOON) as db:
        db.conn.execute("BEGIN IMMEDIATE")
        start.prepare(settings, NOON).close()
        renamed = replace(settings, sites=(replace(settings.sites[0], name="Nouveau siège"),))
        with pytest.raises(NotConfirmed):
            start.prepare(renamed, NOON)
        db.conn.rollback()
    with start.prepare(renamed, NOON) as db:
        assert [row["name"] for row in db["sites"].rows] == ["Nouveau siège"]


def test_eight_starts_at_once_make_one_database(settings: Settings) -> None:
    failures: list[BaseException] = []

    def begin() -> None:
        try:
            start.prepare(settings, clock.now()).close()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_database(settings.database) as db:
        assert db["site_keys"].count == 1


def test_a_site_that_is_new_gets_a_key_and_one_that_is_gone_keeps_its_reports(settings: Settings) -> None:
    with start.prepare(settings, NOON) as db:
        store(db)
    moved = Settings(instance=settings.instance, sites=(Site(id="nord", name="Nord"),))
    with start.prepare(moved, NOON) as db:
        assert {row["id"]: row["active"] for row in db["sites"].rows} == {"siege": 0, "nord": 1}
        assert db["reports"].count == 1
        assert site_keys.site_key(db, "nord").public_key != site_keys.site_key(db, "siege").public_key


def test_a_key_file_left_by_a_start_that_broke_off_is_used(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(site_keys, "immediate", refuses)
        with pytest.raises(NotConfirmed):
            start.prepare(settings, NOON)
    expected = site_keys.private_key(settings.secrets, "siege").public_key().public_bytes_raw()
    with start.prepare(settings, NOON) as db:
        assert site_keys.site_key(db, "siege").public_key == expected


def refuses(db: Database) -> None:
    raise NotConfirmed("the disk is full")


def test_a_damaged_database_is_refused_and_left_where_it_is(settings: Settings) -> None:
    settings.instance.mkdir(parents=True)
    settings.database.write_bytes(b"this was a database once" * 100)
    with pytest.raises(StoreError, match="ne peut pas être ouvert"):
        start.prepare(settings, NOON)
    assert settings.database.exists()


def test_somebody_elses_database_is_refused(settings: Settings) -> None:
    settings.instance.mkdir(parents=True)
    with sqlite3.connect(settings.database) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match="n'appartient pas"):
        start.prepare(settings, NOON)


def test_a_first_start_that_broke_off_leaves_nothing_in_the_way_of_the_second(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "statements", lambda script: (*statements(script), "CREATE TABLE cut_sh"))
    with pytest.raises(sqlite3.OperationalError):
        start.prepare(settings, NOON)
    monkeypatch.undo()
    with open_database(settings.database) as db:
        assert "reports" not in db.table_names(), "half a schema"
    with start.prepare(settings, NOON) as db:
        assert store(db).is_new


def test_a_database_of_a_newer_version_is_refused(settings: Settings) -> None:
    with start.prepare(settings, NOON) as db:
        db["_sqlite_migrations"].insert({"migration_set": "kiosk", "name": "m9999_future", "applied_at": "2030"})
    with pytest.raises(StoreError, match="version plus récente"):
        start.prepare(settings, NOON)


def test_an_instance_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file, not a directory")
    with pytest.raises(StoreError, match="est inutilisable"):
        start.prepare(Settings(instance=tmp_path / "instance"), NOON)


def test_a_pragma_that_does_not_hold_stops_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    start.prepare(settings, NOON).close()
    monkeypatch.setitem(PRAGMAS, "journal_mode", "delete")
    with open_database(settings.database) as db:
        db.execute("PRAGMA journal_mode = delete").fetchall()
    monkeypatch.setitem(PRAGMAS, "encoding", "'UTF-16'")
    with pytest.raises(StoreError, match="PRAGMA encoding"):
        open_database(settings.database)


def test_every_connection_is_safe_against_a_power_cut(settings: Settings) -> None:
    with start.prepare(settings, NOON) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert db.execute("PRAGMA secure_delete").fetchone()[0] == 1
