"""The one-time link, the password it chooses, and what one may change about one's own account."""

import html
import re
import secrets
import threading

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings
from kiosk.domain.roles import StaffRole
from kiosk.store.staff import accounts, passwords, sessions
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import digest
from tests.staff import a_member, a_session
from tests.web.colleague import Colleague, SignIn

OLD, NEW = "quatre mots bien choisis", "cinq autres mots encore meilleurs"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
ANNA = NewMember(name="anna", display_name="Anna Martin", role=StaffRole.MANAGER)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


@pytest.fixture
def browser(db: Database, settings: Settings) -> FlaskClient:
    return staff_app(settings).test_client()


@pytest.fixture
def link(db: Database) -> str:
    token = secrets.token_urlsafe(32)
    accounts.admit(db, ANNA, digest(token), clock.now())
    return f"/first-password/{token}"


@pytest.fixture
def anna(browser: FlaskClient, db: Database) -> Colleague:
    member = a_member(db, name="anna", password_hash=CHEAP.hash(OLD))
    sign_in(browser, OLD)
    cookie = browser.get_cookie("kiosk")
    assert cookie is not None
    return Colleague(browser, member, cookie.value)


def sign_in(browser: FlaskClient, password: str) -> bool:
    return browser.post("/sign-in", data={"name": "anna", "password": password}).status_code == 303


def twice(password: str) -> dict[str, str]:
    return {"password": password, "password_again": password}


def test_the_link_greets_its_owner_chooses_the_password_and_lets_them_in(browser: FlaskClient, link: str) -> None:
    page = browser.get(link)
    assert "Bonjour Anna Martin." in page.text
    assert browser.post(link, data=twice(OLD)).location == "/"
    assert browser.get("/account").status_code == 200
    assert sign_in(browser, OLD)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("used", [True, False])
def test_a_link_that_was_used_or_never_was_says_what_to_do(
    browser: FlaskClient, link: str, used: bool, method: str
) -> None:
    if used:
        browser.post(link, data=twice(OLD))
    answer = browser.open(link if used else "/first-password/nonsense", method=method, data=twice(NEW))
    assert answer.status_code == 404
    assert "Ce lien ne sert plus" in answer.text
    assert not sign_in(browser, NEW)


def test_the_link_is_told_to_no_other_page(browser: FlaskClient, link: str) -> None:
    for answer in (browser.get(link), browser.post(link, data=twice("court")), browser.get("/first-password/x")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    assert browser.post(link, data=twice(NEW), headers={"Origin": "null"}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (twice("onze lettre"), "au moins 12 caractères"),
        (twice("x" * 257), "au plus 256 caractères"),
        (twice("Anna Martin 2026"), "serait vite deviné"),
        ({"password": NEW, "password_again": OLD}, "ne sont pas les mêmes"),
        ({}, "au moins 12 caractères"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_a_reason_and_the_link_lives_on(
    browser: FlaskClient, link: str, fields: dict[str, str], said: str
) -> None:
    page = browser.post(link, data=fields)
    assert page.status_code == 422
    assert said in html.unescape(page.text)
    assert NEW not in page.text
    assert browser.post(link, data=twice(NEW)).status_code == 303


def test_another_password_ends_every_session_but_the_one_that_asked(
    browser: FlaskClient, anna: Colleague, db: Database, settings: Settings
) -> None:
    elsewhere = staff_app(settings).test_client()
    assert sign_in(elsewhere, OLD)
    answer = anna.sends("/account/password", current=OLD, **twice(NEW))
    assert answer.location == "/account?changed=1"
    assert "Votre mot de passe est changé" in browser.get(answer.location).text
    assert elsewhere.get("/account").status_code == 303
    cookie = browser.get_cookie("kiosk")
    assert cookie is not None
    assert cookie.value != anna.key
    assert not sign_in(elsewhere, OLD)
    assert sign_in(elsewhere, NEW)
    told = [row[0] for row in db.execute("SELECT action FROM events WHERE actor = 'anna'")]
    assert "password_changed" in told


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current": "wrong", **twice(NEW)}, "Le mot de passe actuel n'est pas le bon."),
        ({"current": OLD, **twice("court")}, "au moins 12 caractères"),
        ({"current": OLD, "password": NEW, "password_again": OLD}, "ne sont pas les mêmes"),
    ],
)
def test_a_change_that_cannot_be_made_says_why(anna: Colleague, fields: dict[str, str], said: str) -> None:
    page = anna.sends("/account/password", **fields)
    assert page.status_code == 422
    assert said in html.unescape(page.text)
    assert NEW not in page.text
    assert sign_in(anna.client, OLD)


def test_the_present_password_cannot_be_guessed_from_an_open_console(
    anna: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)  # on a busy machine the wait would be over before the next guess
    answers = [anna.sends("/account/password", current="wrong", **twice(NEW)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert anna.opens("/account").status_code == 200


@pytest.mark.parametrize("busy", [False, True])
def test_a_right_password_is_no_guess_though_the_new_one_will_not_do(
    anna: Colleague, db: Database, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    if busy:
        monkeypatch.setattr(passwords, "PATIENCE", 0.0)
        monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
        passwords._turns.acquire()
    answers = [anna.sends("/account/password", current=OLD, **twice("court")) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {429 if busy else 422}
    assert db.execute("SELECT count(*) FROM sign_in_lanes WHERE failures > 0").fetchone() == (0,)
    if busy:
        passwords._turns.release()
    assert anna.sends("/account/password", current=OLD, **twice(NEW)).location == "/account?changed=1"


def test_one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know(
    anna: Colleague, db: Database, signed_in: SignIn
) -> None:
    stranger, other = a_session(db, anna.member, password_hash=hash_of(db)), a_member(db, name="bruno")
    foreign = a_session(db, other)
    page = anna.opens("/account").text
    numbers = re.findall(r'name="session" value="(\d+)"', page)
    assert (len(numbers), page.count("Cette session")) == (1, 1)
    assert anna.sends("/account/sessions", session=numbers[0], current=OLD).location == "/account"
    idle = sessions.LIFETIME
    assert sessions.find(db, digest(stranger), clock.now(), idle) is None
    for number in range(1, 10):
        anna.sends("/account/sessions", session=number, current=OLD)
    assert sessions.find(db, digest(foreign), clock.now(), idle)
    assert sessions.find(db, digest(anna.key), clock.now(), idle)


@pytest.mark.parametrize("given", ["", "wrong"])
def test_without_the_password_nobody_at_an_open_console_ends_a_session(
    anna: Colleague, db: Database, given: str
) -> None:
    elsewhere = a_session(db, anna.member, password_hash=hash_of(db))
    number = re.findall(r'name="session" value="(\d+)"', anna.opens("/account").text)[0]
    answer = anna.sends("/account/sessions", session=number, current=given)
    assert answer.status_code == 422
    assert "Ce n&#39;est pas votre mot de passe." in answer.text
    assert sessions.find(db, digest(elsewhere), clock.now(), sessions.LIFETIME)


def hash_of(db: Database) -> str:
    account = accounts.find(db, "anna")
    assert account is not None
    return account.password_hash or ""


def test_the_list_says_which_browser_and_which_network(anna: Colleague, settings: Settings) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    elsewhere = staff_app(settings).test_client()
    elsewhere.post(
        "/sign-in",
        data={"name": "anna", "password": OLD},
        headers={"User-Agent": agent},
        environ_base={"REMOTE_ADDR": "10.13.7.42"},
    )
    page = anna.opens("/account").text
    assert "Edge sur Windows" in page
    assert "10.13.7.0/24" in page
    assert "10.13.7.42" not in page
