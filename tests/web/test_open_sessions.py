"""Who is signed in: seen and ended by the MSSI, few for each account, kept while somebody works."""

import dataclasses
import logging
import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings, Staff
from kiosk.store.staff import sessions
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import unlocked_keys
from tests.build import NOON, store
from tests.staff import a_member, a_session
from tests.web.colleague import Colleague, SignIn


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def browser(db: Database, settings: Settings) -> FlaskClient:
    return staff_app(settings).test_client()


@pytest.fixture
def mssi(browser: FlaskClient, signed_in: SignIn) -> Colleague:
    return signed_in(browser, "mssi", name="mila")


def is_open(db: Database, key: str) -> bool:
    return sessions.find(db, digest(key), clock.now(), sessions.LIFETIME) is not None


def numbers(page: str) -> list[str]:
    return re.findall(r"/sessions/(\d+)/end", page)


def test_the_mssi_sees_every_session_and_ends_one(mssi: Colleague, db: Database) -> None:
    anna = a_member(db, name="anna")
    key = a_session(db, anna)
    page = mssi.opens("/sessions").text
    assert ("(anna)" in page, page.count("Cette session")) == (True, 1)
    (number,) = numbers(page)
    assert mssi.sends(f"/sessions/{number}/end").location == "/sessions"
    assert not is_open(db, key)
    told = db.execute("SELECT actor, detail FROM events WHERE action = 'session_revoked'").fetchall()
    assert told == [("mila", '{"account": "anna"}')]
    assert mssi.sends(f"/sessions/{number}/end").location == "/sessions", "it was over"


@pytest.mark.parametrize(("role", "is_led"), [("mssi", True), ("manager", False)])
def test_the_page_of_accounts_leads_the_mssi_to_the_sessions(
    browser: FlaskClient, signed_in: SignIn, role: str, is_led: bool
) -> None:
    someone = signed_in(browser, role, name="someone")
    assert ('href="/sessions"' in someone.opens("/accounts").text) == is_led
    assert (someone.opens("/sessions").status_code == 200) == is_led


def test_a_session_that_is_ended_by_others_loses_its_keys_at_once(
    mssi: Colleague, db: Database, signed_in: SignIn
) -> None:
    signed_in(mssi.client.application.test_client(), name="anna")
    number = db.execute("SELECT max(id) FROM staff_sessions").fetchone()[0]
    keys: unlocked_keys.UnlockedKeys = mssi.client.application.extensions[unlocked_keys.EXTENSION]
    forgotten: list[int] = []
    keys.forget_session = forgotten.append  # type: ignore[method-assign]
    mssi.sends(f"/sessions/{number}/end")
    assert forgotten == [number]


def test_an_mssi_of_some_sites_ends_no_session_of_others(browser: FlaskClient, db: Database, signed_in: SignIn) -> None:
    mila = signed_in(browser, "mssi", sites=("siege",))
    mine, other, everywhere = (
        a_session(db, a_member(db, name=name, sites=sites))
        for name, sites in (("anna", ("siege",)), ("bruno", ("annexe",)), ("chloe", ()))
    )
    page = mila.opens("/sessions").text
    assert ("(anna)" in page, "(bruno)" in page, "(chloe)" in page) == (True, False, False)
    for (number,) in db.execute("SELECT id FROM staff_sessions").fetchall():
        mila.sends(f"/sessions/{number}/end")
    assert [is_open(db, key) for key in (mine, other, everywhere)] == [False, True, True]


def test_one_session_too_many_ends_the_one_that_was_used_least_recently(db: Database, time: Clock) -> None:
    anna, bruno = a_member(db, name="anna"), a_member(db, name="bruno")
    others = a_session(db, bruno)
    keys = []
    for _ in range(6):
        time.advance(minutes=1)
        keys.append(a_session(db, anna, now=time.now))
        first = sessions.find(db, digest(keys[0]), time.now, sessions.LIFETIME)
        if first and len(keys) < 6:
            sessions.touch(db, first, time.now, timedelta(minutes=30))
    assert [is_open(db, key) for key in keys] == [True, False, True, True, True, True]
    assert is_open(db, others)
    events = [row[0] for row in db.execute("SELECT action FROM events WHERE actor = 'anna'")]
    assert events.count("session_displaced") == 1


@pytest.mark.parametrize("idle", [60, 1800])
def test_somebody_who_types_is_never_signed_out(settings: Settings, signed_in: SignIn, time: Clock, idle: int) -> None:
    """As static/js/session.js tells it: after each pause in which a key was pressed."""
    app = staff_app(dataclasses.replace(settings, staff=Staff(idle=idle)))
    anna = signed_in(app.test_client())
    page = anna.opens("/account").text
    every = int(re.search(r'data-alive="(\d+)"', page)[1])  # type: ignore[index]
    assert every <= min(idle / 10, 60)
    csrf = anna.csrf
    for _ in range(2 * idle // every):
        time.advance(seconds=every)
        answer = anna.client.post("/sessions/alive", headers={"X-Kiosk-Csrf": csrf})
        assert (answer.status_code, answer.text) == (204, "")
    time.advance(seconds=idle - 1)
    assert anna.opens("/account").status_code == 200
    time.advance(seconds=idle)
    assert anna.client.post("/sessions/alive", headers={"X-Kiosk-Csrf": csrf}).status_code == 303


@pytest.mark.parametrize("pause", [7, 13, 29, 59])
def test_the_shortest_idle_time_counts_from_the_last_use(
    settings: Settings, signed_in: SignIn, time: Clock, pause: int
) -> None:
    anna = signed_in(staff_app(dataclasses.replace(settings, staff=Staff(idle=60))).test_client())
    for _ in range(600 // pause):
        time.advance(seconds=pause)
        assert anna.opens("/account").status_code == 200
    time.advance(seconds=61)
    assert anna.opens("/account").status_code == 303


def test_a_sign_of_life_needs_the_sessions_own_token(mssi: Colleague) -> None:
    assert mssi.client.post("/sessions/alive").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [("/search", 403), ("/sessions", 403), ("/reports/{elsewhere}", 404), ("/day/2026-11-20?site=siege", 404)],
)
def test_an_access_that_role_or_site_forbid_is_logged_without_names_and_addresses(
    browser: FlaskClient, db: Database, signed_in: SignIn, caplog: pytest.LogCaptureFixture, path: str, status: int
) -> None:
    store(db)
    reference = db.execute("SELECT reference FROM reports").fetchone()[0]
    role, sites = ("manager", ("annexe",)) if status == 404 else ("authorised", ())
    anna = signed_in(browser, role, sites=sites, name="anna")
    with caplog.at_level(logging.WARNING):
        assert anna.opens(path.format(elsewhere=reference)).status_code == status
    (line,) = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert f"account {anna.member.id} ({role})" in line
    assert f"({status})" in line
    assert not {"anna", reference, path} & set(line.replace("(", " ").split())
    caplog.clear()
    assert anna.opens("/account").status_code == 200
    assert "refused" not in caplog.text
