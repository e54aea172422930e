"""A disk without a free byte, under the whole program: it says so, and what was accepted still leaves."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.instance import ballast, start
from tests.build import store
from tests.processes import ROOT, Inbox, Kiosk
from tests.smtp.test_never_silent import problems, small_disk

SMALL = 24 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", str(SMALL)) as folder:
        yield folder


@pytest.fixture
def settings(disk: Path, tmp_path: Path) -> Settings:
    """The log of the program lies beside the instance: on another disk."""
    (disk / "instance").mkdir()
    (tmp_path / "instance").symlink_to(disk / "instance")
    return Settings(instance=tmp_path / "instance")


def fill(disk: Path) -> None:
    """Page by page, so that no byte is left."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def kiosk(command: str, *arguments: str, instance: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KIOSK_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "kiosk", command, *arguments]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("command", "arguments"), [("check", ()), ("forward", ("--once",))])
def test_a_command_says_that_the_disk_is_full_and_nothing_of_a_backup(
    command: str, arguments: tuple[str, ...], disk: Path, settings: Settings
) -> None:
    start.prepare(settings, clock.now()).close()
    fill(disk)
    said = kiosk(command, *arguments, instance=settings.instance)
    told = said.stdout + said.stderr
    assert said.returncode != 0
    assert "plein" in told
    assert "endommagée" not in told
    assert "Traceback" not in told
    assert not (command == "forward" and "sauvegarde" in told)


def test_the_doors_open_on_a_full_disk_and_work_when_there_is_room(disk: Path, settings: Settings) -> None:
    start.prepare(settings, clock.now()).close()
    fill(disk)
    with Inbox() as inbox, Kiosk("--no-forwarder", instance=settings.instance, environment=inbox.environment) as door:
        assert "hors service" in door.get("/")[1]
        assert "plein" in door.log
        assert "endommagée" not in door.log
        assert door.post("/fr/report/virus", {"description": "une fenêtre étrange"})[0] == 503
        (disk / "filler").unlink()
        assert door.post("/fr/report/virus", {"description": "une fenêtre étrange"})[0] == 200
        assert "database" not in problems(door)


def test_below_the_reserve_the_terminal_is_out_of_service_and_all_else_works(
    disk: Path, settings: Settings, tmp_path: Path
) -> None:
    """What is sent all the same is stored and mailed; retention, backups and the check work."""
    with Inbox() as inbox, Kiosk(instance=settings.instance, environment=inbox.environment) as door:
        for path in ("/", "/fr/report/virus"):
            assert "hors service" in door.get(path)[1]
        assert door.post("/fr/report/virus", {"description": "une fenêtre étrange"})[0] == 200
        inbox.wait_for(1)
        assert "disk" in problems(door)
        assert kiosk("purge", "--clock-is-right", instance=settings.instance).returncode == 0
        assert kiosk("backup", str(tmp_path / "saved.age"), instance=settings.instance).returncode == 0
        told = json.loads(kiosk("check", "--json", instance=settings.instance).stdout)["problems"]
        (full,) = (each for each in told if each["code"] == "disk")
        assert "place pour encore 0 signalement d'un millier de lettres" in full["what"]


def test_the_ballast_lets_a_mail_leave(disk: Path, settings: Settings) -> None:
    with start.prepare(settings, clock.now()) as db:
        store(db, now=clock.now())
    ballast._lay(ballast.file_of(settings))
    fill(disk)
    with Inbox() as inbox, Kiosk(instance=settings.instance, environment=inbox.environment):
        inbox.wait_for(1)
    assert not ballast.file_of(settings).exists()


def test_it_is_laid_where_there_is_room_and_released_where_there_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = dataclasses.replace(settings, instance=tmp_path)
    usage = shutil.disk_usage(tmp_path)
    file = ballast.file_of(settings)
    for free, lies in (
        (ballast.LAID_FROM, False),
        (ballast.LAID_FROM + 1, True),
        (ballast.FULL_FROM, True),
        (0, False),
    ):
        monkeypatch.setattr(shutil, "disk_usage", lambda place, free=free: usage._replace(free=free))
        ballast.keep(settings)
        assert file.exists() == lies
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=ballast.LAID_FROM + 1))
    ballast.keep(settings)
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (ballast.SIZE, 0o600)
