"""Only a start and a restore make an instance, and only where nothing of one is left; no command works on another."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.instance import start
from tests import commands
from tests.build import NOON, store

OTHERS = [name for name in commands.names() if name not in (*commands.MAKERS, *commands.ELSEWHERE)]


def test_every_command_is_tried() -> None:
    assert commands.ARGUMENTS.keys() <= set(commands.names())
    assert len(OTHERS) > 12


@pytest.mark.parametrize("there", ["nothing", "a folder", "settings", "an empty file"])
@pytest.mark.parametrize("name", OTHERS)
def test_no_other_command_makes_a_kiosk(name: str, there: str, settings: Settings, tmp_path: Path) -> None:
    if there != "nothing":
        settings.instance.mkdir()
    if there == "settings":
        (settings.instance / "kiosk.toml").write_text("[smtp]\nhost = 'relais.invalid'\n")
    if there == "an empty file":
        settings.database.touch()
    (tmp_path / "key").touch()
    before = sorted(tmp_path.rglob("*"))
    done = commands.invoke(name, settings.instance, tmp_path)
    assert done.exit_code == 2, done.output
    assert f"Il n'y a pas de borne dans «\u00a0{settings.instance}\u00a0»" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", [*OTHERS, "run"])
def test_a_lost_database_is_never_replaced_by_an_empty_one(
    name: str, db: Database, settings: Settings, tmp_path: Path
) -> None:
    store(db)
    settings.database.unlink()
    (tmp_path / "key").touch()
    done = commands.invoke(name, settings.instance, tmp_path)
    assert done.exit_code == 2, done.output
    assert f"La base de la borne de «\u00a0{settings.instance}\u00a0» a disparu" in done.stderr
    assert not settings.database.exists()


@pytest.mark.parametrize(
    "left",
    [
        "secrets/site-siege.key",
        "secrets/backup-signing.key",
        "secrets/follow-up.key",
        "backups/before-0002.backup",
        "kiosk.db.before-20261120-120000",
        "kiosk.db-wal",
    ],
)
def test_one_file_is_enough_to_know_that_a_database_was_there(left: str, settings: Settings) -> None:
    path = settings.instance / left
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 32)
    with pytest.raises(StoreError, match="a disparu"):
        start.prepare(settings, NOON)
    assert [each for each in settings.instance.rglob("*") if each.name == "kiosk.db"] == []


@pytest.mark.parametrize("content", ["", "an empty database"])
def test_an_empty_database_beside_keys_is_a_lost_one(content: str, settings: Settings) -> None:
    start.prepare(settings, NOON).close()
    settings.database.unlink()
    with sqlite3.connect(settings.database) as empty:
        empty.execute("PRAGMA user_version = 1" if content else "SELECT 1")
    with pytest.raises(StoreError, match="a disparu"):
        start.prepare(settings, NOON)


def test_what_people_put_there_before_the_first_start_is_no_rest_of_a_kiosk(settings: Settings) -> None:
    for name in ("kiosk.toml", "secrets/smtp-password", "secrets/signing.key", "keyboards/x.txt", "certificates/m.pem"):
        path = settings.instance / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    start.prepare(settings, NOON).close()
    assert settings.database.exists()


def test_a_first_start_killed_before_its_mark_goes_on(settings: Settings) -> None:
    settings.instance.mkdir()
    for name in ("kiosk.db", "start.lock", "use.lock"):
        (settings.instance / name).touch(mode=0o600)
    start.prepare(settings, NOON).close()
    assert (settings.secrets / "site-siege.key").exists()


@pytest.mark.parametrize("name", ["backup", "check", "purge", "staff list"])
def test_a_command_says_which_kiosk_it_spoke_about(name: str, db: Database, settings: Settings, tmp_path: Path) -> None:
    assert f"Borne\u00a0: {settings.instance}" in commands.invoke(name, settings.instance, tmp_path).stderr
