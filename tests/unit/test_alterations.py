"""The background process finds what was written past the kiosk by itself, a little at a time."""

import itertools
import sqlite3
from collections.abc import Callable

import pytest
from sqlite_utils import Database

from kiosk import public_app, staff_app
from kiosk.config import Settings
from kiosk.domain.troubles import running
from kiosk.domain.troubles.trouble import Trouble
from kiosk.store.base import heartbeat
from kiosk.store.trace import checks, row_checks
from kiosk.store.watch import alterations, health
from kiosk.watch.check import find_troubles
from kiosk.watch.troubles import troubles_now
from tests.build import NOON, store
from tests.unit.test_alarm import Watch
from tests.unit.test_row_checks import fill, guard_nothing

LAST = 60  # reports


@pytest.fixture
def many(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A minute's look reads twenty reports, in four reads."""
    monkeypatch.setattr(row_checks, "SOME", 20)
    monkeypatch.setattr(row_checks, "FEW", 5)
    fill(db, reports=LAST, others=1)
    return db


def looks_until(db: Database, settings: Settings, *, finds: str) -> int:
    for looks in range(1, 20):
        alterations.look(db, settings.secrets)
        if alterations.found(db).report == finds:
            return looks
    raise AssertionError(alterations.found(db))


def alter(db: Database, number: int, severity: str) -> str:
    guard_nothing(db)
    db.execute("UPDATE reports SET severity = ? WHERE id = ?", (severity, number))
    db.conn.commit()
    return str(db.execute("SELECT reference FROM reports WHERE id = ?", (number,)).fetchone()[0])


def test_an_altered_report_is_found_within_one_round_and_told_until_a_round_finds_none(
    many: Database, settings: Settings
) -> None:
    alterations.look(many, settings.secrets)
    assert alterations.found(many).compared_to == 20
    before = many.execute("SELECT severity FROM reports").fetchone()[0]
    reference = alter(many, LAST, "low" if before != "low" else "high")
    assert looks_until(many, settings, finds=reference) == 2
    for _ in range(7):
        alterations.look(many, settings.secrets)
        assert alterations.found(many).report == reference
    alter(many, LAST, before)
    assert looks_until(many, settings, finds="") <= 2 * LAST / 20


def test_a_report_that_was_deleted_is_found_within_one_round(
    many: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "STRIDE", 20)
    guard_nothing(many)
    reference = many.execute("SELECT reference FROM reports WHERE id = 50").fetchone()[0]
    many.execute("DELETE FROM reports WHERE id = 50")
    many.conn.commit()
    looks, found = 0, ""
    while not found:
        alterations.look(many, settings.secrets)
        looks, found = looks + 1, alterations.found(many).lost
    assert (found, 2 < looks < 10) == (reference, True)
    assert alterations.look_at_everything(many, settings.secrets).lost == reference
    assert health.pulse(many, settings, NOON).altered == reference


@pytest.mark.parametrize("number", [-7, 0, 1, LAST + 1])
def test_a_report_that_was_planted_is_found_whatever_its_number(
    many: Database, settings: Settings, number: int
) -> None:
    guard_nothing(many)
    many.execute("CREATE TEMP TABLE planted AS SELECT * FROM reports WHERE id = 2")
    many.execute(
        "UPDATE planted SET id = ?, reference = 'planted', submission_hash = zeroblob(32),"
        " follow_up_hash = zeroblob(32)",
        (number,),
    )
    many.execute("INSERT OR REPLACE INTO reports SELECT * FROM planted")
    many.conn.commit()
    looks_until(many, settings, finds="planted")
    assert next(row_checks.misfits(many)).reference == "planted"


def test_no_look_goes_on_when_its_time_is_over(
    many: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk where each read takes long."""
    times = itertools.count()
    monkeypatch.setattr(row_checks.time, "monotonic", lambda: next(times) * row_checks.PATIENCE)
    alterations.look(many, settings.secrets)
    assert alterations.found(many).compared_to == 5


def test_with_nothing_new_a_look_writes_nothing(db: Database, settings: Settings) -> None:
    store(db)
    for _ in range(3):
        alterations.look(db, settings.secrets)
    assert db.execute("SELECT count(*) FROM alterations").fetchone()[0] == 0


def test_a_damaged_page_stops_no_other_alarm(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_damaged(db: Database, after: int | None) -> tuple[int | None, None]:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(row_checks, "compare_some", is_damaged)
    alterations.look(db, settings.secrets)
    assert alterations.found(db).report == alterations.UNREADABLE


def reseal(db: Database) -> None:
    guard_nothing(db)
    db.execute("UPDATE reports SET content = zeroblob(200)")


def delete(db: Database) -> None:
    guard_nothing(db)
    db.execute("DELETE FROM reports")


def plant_account(db: Database) -> None:
    db.execute("INSERT INTO staff VALUES (99, 'eve', 'Eve', 'mssi', '[]', NULL, 1, '2020-01-01T00:00:00.000Z', NULL)")


def plant_a_riddle(db: Database) -> None:
    """What no kiosk writes and no program reads: it must not silence the alarm."""
    plant_account(db)
    db.execute("UPDATE staff SET sites = CAST(x'ff' AS TEXT) WHERE name = 'eve'")
    db.execute("INSERT INTO staff_keys VALUES (99, 99, zeroblob(32), x'01', '2020-01-01T00:00:00.000Z', NULL)")


WRITTEN: dict[Callable[[Database], object], tuple[Trouble, str]] = {
    reseal: (running.ALTERED, "signalement modifié ou effacé hors de la borne"),
    delete: (running.ALTERED, "signalement modifié ou effacé hors de la borne"),
    plant_account: (running.UNRECORDED, "compte ou clé sans trace"),
    plant_a_riddle: (running.UNRECORDED, "compte ou clé sans trace"),
    lambda db: db.execute("DROP TRIGGER notes_are_never_deleted"): (
        running.SAFEGUARD,
        "structure de la base modifiée",
    ),
}


@pytest.mark.parametrize("write", WRITTEN, ids=["reseal", "delete", "plant", "riddle", "unguard"])
def test_it_is_told_by_mail_on_the_console_and_at_the_health_address(
    db: Database, settings: Settings, write: Callable[[Database], object]
) -> None:
    trouble, title = WRITTEN[write]
    store(db)
    kiosk = Watch(db, settings)
    write(db)
    db.conn.commit()
    kiosk.minutes(30)
    heartbeat.beat(db, health.FORWARDER, 1, kiosk.moment)
    assert any(title in str(mail.parsed["Subject"]) or title in mail.text for mail in kiosk.mails)
    pulse = health.pulse(db, settings, kiosk.moment)
    assert trouble in {each.trouble for each in troubles_now(pulse, settings)}
    assert trouble in {each.trouble for each in find_troubles(db, settings, kiosk.moment)}
    for app in (public_app, staff_app):
        answer = app(settings).test_client().get("/healthz")
        assert (answer.status_code, trouble.code in answer.json["problems"]) == (503, True)
        assert "« eve" not in str(answer.json)
