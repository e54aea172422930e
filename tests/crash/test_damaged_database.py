"""The whole program over a database with an overwritten page: the doors open, say so, and so does every process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.delivery import database_watch
from kiosk.delivery.loop import forward_once
from kiosk.errors import StoreError
from kiosk.store.base import damage
from kiosk.store.base.connection import open_database
from tests.build import store
from tests.damage import overwrite_root
from tests.processes import ROOT, Inbox, Kiosk
from tests.waiting import until


def kiosk(*arguments: str, instance: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KIOSK_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "kiosk", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["deliveries", "sites"])
def test_the_doors_open_all_the_same_and_say_that_they_are_out_of_service(
    name: str, db: Database, settings: Settings
) -> None:
    """Every start needs ``sites``; without ``deliveries`` it notices nothing by itself."""
    db.close()
    overwrite_root(settings.database, name)
    with Inbox() as inbox, Kiosk("--no-forwarder", instance=settings.instance, environment=inbox.environment) as door:
        status, told = door.get("/healthz")
        assert (status, "database" in json.loads(told)["problems"]) == (503, True)
        assert "hors service" in door.get("/")[1]
        assert "La base de données est endommagée" in door.log
        assert "Traceback" not in door.log


@pytest.mark.parametrize("name", ["bodies", "sites", "deliveries_of_report"])
def test_the_check_says_what_is_damaged_and_what_to_do(name: str, db: Database, settings: Settings) -> None:
    db.close()
    overwrite_root(settings.database, name)
    said = kiosk("check", instance=settings.instance)
    assert said.returncode == 1
    assert "La base de données est endommagée" in said.stdout
    assert "kiosk restore" in said.stdout
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("name", ["bodies", "events"])
def test_a_verification_says_it_too(name: str, db: Database, settings: Settings) -> None:
    db.close()
    overwrite_root(settings.database, name)
    said = kiosk("verify", instance=settings.instance)
    assert said.returncode != 0
    assert "endommagé" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.ci
def test_the_background_process_looks_after_its_start(db: Database, settings: Settings) -> None:
    """A web process serves already, so no start of a door looks."""
    db.close()
    with Inbox() as inbox, Kiosk("--no-forwarder", instance=settings.instance, environment=inbox.environment) as door:
        pass
    overwrite_root(settings.database, "notes_of_report")
    environment = {**os.environ, "KIOSK_INSTANCE": str(settings.instance), "PYTHONPATH": str(ROOT)}
    forwarder = subprocess.Popen([sys.executable, "-m", "kiosk", "forward"], env=environment)
    try:
        until(lambda: bool(damage.noted(settings.database)), told=lambda: door.log)
    finally:
        forwarder.terminate()
        forwarder.wait()


def test_a_pass_of_a_timer_looks_once_a_day(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Settings] = []
    monkeypatch.setattr(database_watch, "look_once", looks.append)
    for _ in range(3):
        forward_once(settings, db)
    assert looks == [settings]
    damage.note(settings.database, "SQLITE_IOERR_READ")
    forward_once(settings, db)
    assert len(looks) == 2


def test_a_step_that_meets_the_damage_says_so_in_one_sentence(db: Database, settings: Settings) -> None:
    store(db)
    db.close()
    overwrite_root(settings.database, "deliveries")
    with open_database(settings.database) as broken, pytest.raises(StoreError, match="endommagé"):
        forward_once(settings, broken)
    assert damage.noted(settings.database) == "SQLITE_CORRUPT"
