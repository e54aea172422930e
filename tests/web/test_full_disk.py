"""Staff on a disk that takes nothing: they sign in, read, and lose nothing that they typed."""

import html
import json
import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk import clock, staff_app
from kiosk.config import Settings
from kiosk.errors import DiskFull
from kiosk.store.base import connection
from kiosk.store.base.connection import immediate
from kiosk.store.base.room import FULL
from kiosk.store.staff import passwords, sessions, unwritten
from tests.incident import an_incident
from tests.staff import a_member

PASSWORD = "quatre mots bien choisis"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
NOTE = "Vu avec le gardien : « porte bloquée »."
BANNER = "Le disque est plein"


class Disk:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def fills(self) -> None:
        self._patch.setattr(connection, "_begin", self._refuse)

    def has_room(self) -> None:
        self._patch.undo()
        self._patch.setattr(passwords, "HASHER", CHEAP)

    @staticmethod
    def _refuse(db: Database) -> None:
        raise DiskFull(FULL)


@pytest.fixture
def disk() -> Iterator[Disk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", CHEAP)
        yield Disk(patch)
    unwritten._of_instances.clear()


@pytest.fixture
def reference(db: Database, settings: Settings) -> str:
    return an_incident(db, settings, description="Un carton d'archives")


@pytest.fixture
def browser(db: Database, settings: Settings, disk: Disk, reference: str) -> FlaskClient:
    a_member(db, name="anna", password_hash=CHEAP.hash(PASSWORD))
    client = staff_app(settings).test_client()
    client.get("/ping")
    return client


def signs_in(browser: FlaskClient, password: str = PASSWORD) -> TestResponse:
    return browser.post("/sign-in", data={"name": "anna", "password": password})


def acts(db: Database) -> list[tuple[str, bool]]:
    """By anna: what, and whether its moment is told apart from the event's."""
    rows = db.execute("SELECT action, detail FROM events WHERE actor = 'anna' AND action != 'password_set' ORDER BY id")
    return [(action, "at" in json.loads(detail)) for action, detail in rows]


def test_somebody_signs_in_and_reads_and_the_trace_is_told_later(
    browser: FlaskClient, disk: Disk, db: Database, reference: str
) -> None:
    disk.fills()
    assert signs_in(browser).status_code == 303
    page = browser.get(f"/reports/{reference}").text
    assert "archives" in page
    assert BANNER in browser.get("/").text
    assert acts(db) == []
    disk.has_room()
    assert BANNER not in browser.get("/").text
    assert acts(db) == [("signed_in", True), ("report_read", True)]


def test_a_guess_is_refused_and_has_to_wait(browser: FlaskClient, disk: Disk) -> None:
    disk.fills()
    assert signs_in(browser, "guessed wrong").status_code == 403
    assert signs_in(browser).status_code == 429


def test_the_session_ends_with_the_account_the_password_and_the_sign_out(
    browser: FlaskClient, disk: Disk, db: Database
) -> None:
    for ending in ("password_hash = 'another'", "active = 0", ""):
        disk.fills()
        unwritten._of_instances.clear()
        assert signs_in(browser).status_code == 303
        assert browser.get("/").status_code == 200
        disk.has_room()
        if ending:
            with immediate(db):
                before = db.execute("SELECT password_hash, active FROM staff WHERE name = 'anna'").fetchone()
                db.execute(f"UPDATE staff SET {ending} WHERE name = 'anna'")
        else:
            browser.post("/sign-out", data={"csrf": token(browser.get("/").text)})
        assert browser.get("/").status_code == 303
        assert ending or acts(db)[-1][0] == "signed_out"
        with immediate(db):
            db.execute("UPDATE staff SET password_hash = ?, active = ? WHERE name = 'anna'", before)


def test_a_note_is_kept_on_the_page_and_can_be_sent_again(
    browser: FlaskClient, disk: Disk, db: Database, reference: str
) -> None:
    signs_in(browser)
    csrf = token(browser.get("/").text)
    disk.fills()
    answer = browser.post(f"/reports/{reference}/note", data={"csrf": csrf, "note": NOTE})
    assert answer.status_code == 503
    kept = html.unescape(answer.text)
    assert NOTE in kept
    assert "Pas encore enregistré" in kept
    assert f'action="/reports/{reference}/note"' in kept
    disk.has_room()
    assert browser.post(f"/reports/{reference}/note", data={"csrf": token(kept), "note": NOTE}).status_code == 303
    assert db.execute("SELECT count(*) FROM notes").fetchone()[0] == 1


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found
    return found[1]


def test_signing_out_everywhere_ends_a_session_of_the_memory_too(
    browser: FlaskClient, disk: Disk, db: Database
) -> None:
    disk.fills()
    signs_in(browser)
    disk.has_room()
    assert sessions.revoke_all(db, "anna", clock.now()) == 1
    assert browser.get("/").status_code == 303
