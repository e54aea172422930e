"""No command ends in a traceback, whatever the state of disk, database and settings."""

import errno
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from kiosk.cli import commands as cli
from kiosk.config import Settings
from kiosk.errors import KioskError
from kiosk.store.instance.backup import backup_key
from kiosk.store.keys import backup_signing, recovery
from tests import commands
from tests.build import store
from tests.processes import ROOT, free_port

NAMES = [*commands.names(), "check --json", "forward"]


@pytest.fixture
def folder(db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With reports, an account, and a backup with its key and letters; nothing serves or sends for long."""
    monkeypatch.setattr("kiosk.commands.run._open_doors", _stops)
    monkeypatch.setattr("kiosk.commands.forward._forward_until_stopped", _stops)
    monkeypatch.setattr("kiosk.store.base.connection.WRITE_PATIENCE", 0.02)
    monkeypatch.setattr("kiosk.commands.purge.PATIENCE", 1)
    store(db)
    commands.invoke("staff add", settings.instance, tmp_path)
    commands.invoke("backup", settings.instance, tmp_path)
    private = backup_key(db, settings).private
    assert private
    (tmp_path / "key").write_text(recovery.to_text(private))
    letters = backup_signing.check_letters(backup_signing.public_key(settings.secrets))
    monkeypatch.setitem(
        commands.ARGUMENTS,
        "restore",
        ("{folder}/x.backup", "--yes", "--replace", "--key-file", "{folder}/key", "--letters", letters),
    )
    monkeypatch.setitem(commands.ARGUMENTS, "backup", ("{folder}/y.backup", "--replace"))
    db.close()
    return tmp_path


def _stops(*_: object, **__: object) -> None:
    raise KioskError("it has come so far")


def put(name: str, content: bytes | None = b"garbage" * 300) -> Callable[[Settings], None]:
    """A file in the place of whatever is there; None: a folder."""

    def spoil(settings: Settings) -> None:
        path = settings.instance / name
        if path.is_dir():
            path.rename(path.with_name(f"former-{path.name}"))
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)

    return spoil


def sql(*statements: str) -> Callable[[Settings], None]:
    def spoil(settings: Settings) -> None:
        with sqlite3.connect(settings.database) as db:
            for statement in statements:
                db.execute(statement)
        db.close()

    return spoil


def cut(settings: Settings) -> None:
    os.truncate(settings.database, settings.database.stat().st_size // 2)


def looped(settings: Settings) -> None:
    settings.database.unlink()
    settings.database.symlink_to(settings.database)


def a_file(settings: Settings) -> None:
    settings.instance.rename(settings.instance.with_name("former"))
    settings.instance.write_bytes(b"")


SECRETS = ("site-siege.key", "backup-signing.key", "follow-up.key", "backup.key")
STATES: dict[str, Callable[[Settings], None]] = {
    "whole": lambda settings: None,
    "no instance, but a file": a_file,
    "database: garbage": put("kiosk.db"),
    "database: half": cut,
    "database: a folder": put("kiosk.db", None),
    "database: a link to itself": looped,
    "database: another program's": put("kiosk.db", b"SQLite format 3\0" + bytes(4080)),
    "database: of a later version": sql(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('kiosk', '9999_later', '2027-01-01')"
    ),
    "database: without accounts": sql("PRAGMA foreign_keys = OFF", "DROP TABLE staff"),
    "database: without deliveries": sql("PRAGMA foreign_keys = OFF", "DROP TABLE deliveries"),
    "database: without events": sql("PRAGMA foreign_keys = OFF", "DROP TABLE events"),
    "log: a folder": put("kiosk.db-wal", None),
    "secrets: a file": put("secrets"),
    "locks: folders": put("start.lock", None),
    "use lock: a folder": put("use.lock", None),
    "forwarder lock: a folder": put("forwarder.lock", None),
    "settings: a folder": put("kiosk.toml", None),
    "settings: garbage": put("kiosk.toml", bytes(range(256))),
    "settings: of numbers": put("kiosk.toml", b"sites = 3\naudiences = {a = 1}\nsmtp = []"),
    "settings: a language without translation": put("kiosk.toml", b"[languages]\noffered = ['fr', 'xx']"),
    "keyboards: a file": put("keyboards"),
    "stage: a file": put("restoring"),
    "a copy that is a folder": put(".copy-x", None),
    "a removal that is a folder": put("x.erasing", None),
    **{f"{name}: garbage": put(f"secrets/{name}", b"x") for name in SECRETS},
    **{f"{name}: a folder": put(f"secrets/{name}", None) for name in SECRETS},
}


def judge(name: str, done: Result) -> str:
    """What is wrong with the end of a command; empty if nothing is."""
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return f"{name}: {done.exception!r}"
    if done.exit_code not in (0, 1, 2) or "Traceback" in done.output or "Erreur imprévue" in done.output:
        return f"{name}: {done.output}"
    if done.exit_code == 2 and not done.stderr.strip().splitlines()[-1].startswith("kiosk\u00a0: "):
        return f"{name}: {done.stderr!r}"
    return ""


def all_wrong(folder: Path, settings: Settings, spoil: Callable[[Settings], None]) -> list[str]:
    """What each command makes of a copy of the instance that was spoilt."""
    found = []
    for name in NAMES:
        copy = settings.instance.with_name("copy")
        for left in (copy, copy.with_name("former")):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        shutil.copytree(settings.instance, copy, ignore=shutil.ignore_patterns("*.lock", "wakeup"))
        spoil(Settings(instance=copy))
        found.append(judge(name, commands.invoke(name, copy, folder)))
    return [each for each in found if each]


@pytest.mark.parametrize("state", STATES)
def test_each_state(state: str, folder: Path, settings: Settings) -> None:
    assert all_wrong(folder, settings, STATES[state]) == []


@pytest.mark.ci
@pytest.mark.parametrize("seed", range(20))
def test_any_page_of_the_database_overwritten(seed: int, folder: Path, settings: Settings) -> None:
    dice = random.Random(seed)

    def overwrite(spoilt: Settings) -> None:
        with spoilt.database.open("r+b") as file:
            file.seek(dice.randrange(spoilt.database.stat().st_size // 4096) * 4096)
            file.write(dice.randbytes(4096))

    assert all_wrong(folder, settings, overwrite) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES])
def test_a_disk_that_takes_no_new_file(
    number: int, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refused(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number), path)
        return real(path, flags, *arguments, **options)

    def spoil(_: Settings) -> None:
        monkeypatch.setattr(os, "open", refused)

    found = []
    for name in NAMES:
        with monkeypatch.context():
            spoil(settings)
            found.append(judge(name, commands.invoke(name, settings.instance, folder)))
            monkeypatch.setattr(os, "open", real)
    assert [each for each in found if each] == []


@pytest.mark.parametrize(
    "doors",
    [
        ("127.0.0.1:{taken}", "127.0.0.1:{free}"),
        ("127.0.0.1:{free}", "127.0.0.1:{free}"),
        ("0.0.0.0:{free}", "127.0.0.1:{free}"),
        ("localhost:{free}", "127.0.0.1:{free}"),
        ("nowhere.invalid:{free}", "127.0.0.1:0"),
        ("x" * 80 + ".example:1", "127.0.0.1:0"),
        ("..:1", "127.0.0.1:0"),
        ("127.0.0.1:99999", "127.0.0.1:0"),
        ("127.0.0.1", ":"),
        ("[nonsense]:1", "127.0.0.1:0"),
    ],
)
def test_addresses_that_no_door_can_have(
    doors: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.commands.run._open_doors", _stops)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"taken": taken.getsockname()[1], "free": free_port()}
        public, staff = (door.format(**ports) for door in doors)
        arguments = ["run", "--public", public, "--staff", staff]
        done = CliRunner().invoke(cli, arguments, env={"KIOSK_INSTANCE": str(tmp_path / "instance")})
    assert (done.exit_code, judge("run", done)) == (2, "")
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("word", ["PYTHONIOENCODING", "KIOSK_INSTANCE", "cwd"])
def test_what_surrounds_a_process(word: str, tmp_path: Path) -> None:
    """A terminal without accents, an instance whose name is no text, a folder that has gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    environment = {**os.environb, b"PYTHONPATH": str(ROOT).encode(), b"PYTHONIOENCODING": b"ascii"}
    environment[b"KIOSK_INSTANCE"] = os.fsencode(tmp_path) + b"/\xe9\xff" if word == "KIOSK_INSTANCE" else b"here"
    script = f"import os, sys; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); sys.argv = ['kiosk', 'check']"
    script += "; from kiosk.cli import main; main()"
    arguments = ["-c", script] if word == "cwd" else ["-m", "kiosk", "check"]
    done = subprocess.run([sys.executable, *arguments], env=environment, cwd=tmp_path, capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(b"kiosk")
    assert b"Traceback" not in done.stderr


def test_a_fault_of_ours_is_told_without_its_words(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise LookupError("what somebody reported")

    monkeypatch.setattr("kiosk.commands.check.find_troubles", fails)
    done = commands.invoke("check", settings.instance, tmp_path)
    assert done.exit_code == 2
    assert "Erreur imprévue du programme (LookupError, commands/check.py:" in done.stderr
    assert "reported" not in done.output
