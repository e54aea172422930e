"""A page of the database overwritten by its disk: nobody types a report for nothing, and health is red."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock, public_app, staff_app
from kiosk.config import Settings
from kiosk.errors import NotConfirmed
from kiosk.store.base import damage, heartbeat
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.watch import health
from tests.damage import overwrite_root
from tests.web.contractor import Contractor
from tests.web.test_readiness import OUT_OF_SERVICE

NEEDED_BY_A_REPORT = ["reports", "deliveries", "bodies", "events", "deliveries_of_report", "reports_to_do"]


@pytest.fixture
def broken(db: Database, settings: Settings, request: pytest.FixtureRequest) -> str:
    """Name of the table or index that was overwritten."""
    heartbeat.beat(db, health.FORWARDER, 1, clock.now())
    db.close()
    overwrite_root(settings.database, request.param)
    return str(request.param)


@pytest.fixture
def damaged(broken: str, settings: Settings) -> Contractor:
    return Contractor(public_app(settings))


def looked(settings: Settings) -> str:
    with open_database(settings.database) as db:
        return damage.look(db, settings.database)


def codes(settings: Settings) -> list[str]:
    """The figures are for this machine alone, and the test client is on it."""
    answer = staff_app(settings).test_client().get("/healthz")
    assert answer.status_code == (503 if answer.json["problems"] else 200)
    return list(answer.json["problems"])


@pytest.mark.parametrize("broken", NEEDED_BY_A_REPORT, indirect=True)
def test_a_report_that_meets_the_damage_is_kept_on_the_page_and_turns_health_red(
    damaged: Contractor, settings: Settings
) -> None:
    answer = damaged.sends(description="Une porte forcée")
    assert answer.status == 503
    assert "Une porte forcée" in answer.page
    assert "database" in codes(settings)
    assert OUT_OF_SERVICE in damaged.opens("/").page


@pytest.mark.parametrize("broken", [*NEEDED_BY_A_REPORT, "notes", "breaches", "staff_sessions"], indirect=True)
def test_a_look_finds_any_table_and_index_before_anybody_types(damaged: Contractor, settings: Settings) -> None:
    assert looked(settings)
    assert OUT_OF_SERVICE in damaged.opens("/").page
    assert "database" in codes(settings)


@pytest.mark.parametrize("broken", ["notes"], indirect=True)
def test_a_restart_forgets_no_damage_and_a_whole_database_ends_it(
    damaged: Contractor, settings: Settings, tmp_path: Path
) -> None:
    looked(settings)
    assert OUT_OF_SERVICE in Contractor(public_app(settings)).opens("/").page
    with open_database(settings.database) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_master WHERE tbl_name = 'notes'")
        db.conn.commit()
    assert looked(settings) == ""
    assert "database" not in codes(settings)


def test_an_input_output_error_counts_and_an_error_of_ours_does_not(db: Database, settings: Settings) -> None:
    with pytest.raises(damage.SqliteFailure), damage.damage_noted(settings.database):
        db.execute("SELECT nothing FROM nowhere")
    assert damage.noted(settings.database) == ""
    with pytest.raises(NotConfirmed), immediate(db):
        raise input_output_error()
    assert damage.noted(settings.database) == "SQLITE_IOERR_WRITE"


def test_a_note_that_the_disk_does_not_take_is_kept_in_memory(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(damage.os, "open", refuse)
    damage.note(settings.database, "SQLITE_IOERR_FSYNC")
    assert damage.noted(settings.database) == "SQLITE_IOERR_FSYNC"
    assert looked(settings) == ""


def refuse(*_: object) -> int:
    raise OSError("no space left on device")


def input_output_error() -> damage.SqliteFailure:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"
    return error


@pytest.fixture(autouse=True)
def _no_note_of_another_test() -> Iterator[None]:
    yield
    damage._unwritten.clear()
