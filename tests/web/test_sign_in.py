"""Coming in, going out, and what keeps others from coming in instead."""

import dataclasses
import logging
import re
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings, Staff
from kiosk.store.staff import accounts, passwords
from kiosk.store.staff.accounts import Member
from kiosk.web.staff.access.session import network
from tests.build import NOON
from tests.staff import a_member
from tests.web.colleague import SignIn

PASSWORD = "quatre mots bien choisis"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def advance(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


@pytest.fixture
def anna(db: Database) -> Member:
    return a_member(db, name="anna", password_hash=CHEAP.hash(PASSWORD))


@pytest.fixture
def browser(db: Database, settings: Settings) -> FlaskClient:
    return staff_app(settings).test_client()


def sign_in(browser: FlaskClient, name: str = "anna", password: str = PASSWORD, **fields: str) -> tuple[int, str]:
    answer = browser.post("/sign-in", data={"name": name, "password": password, **fields})
    return answer.status_code, answer.location or answer.headers.get("Retry-After") or ""


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def actions(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT action FROM events WHERE actor = 'anna' ORDER BY id")][1:]


def test_the_right_password_opens_the_door(browser: FlaskClient, anna: Member, db: Database) -> None:
    assert sign_in(browser, " Anna ") == (303, "/")
    assert is_in(browser)
    assert actions(db) == ["key_pair_made", "signed_in"]
    assert browser.get("/sign-in").location == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong"), ("bruno", PASSWORD), ("", ""), ("anna", ""), ("anna", "e" * 200_000)]
)
def test_a_wrong_pair_is_told_in_the_same_words_whoever_exists(
    browser: FlaskClient, anna: Member, name: str, password: str
) -> None:
    page = browser.post("/sign-in", data={"name": name, "password": password})
    assert page.status_code == 403
    assert "Nom ou mot de passe incorrect." in page.text
    assert not is_in(browser)
    if password:
        assert password not in page.text


def test_an_account_without_password_or_disabled_is_like_one_that_does_not_exist(
    browser: FlaskClient, anna: Member, db: Database
) -> None:
    accounts.disable(db, "anna", clock.now())
    assert sign_in(browser) == (403, "")


def test_guessing_costs_a_growing_wait_and_the_right_password_waits_its_turn(
    browser: FlaskClient, anna: Member, time: Clock
) -> None:
    assert [sign_in(browser, password="wrong") for _ in range(5)] == [(403, "")] * 3 + [(429, "1")] * 2
    assert sign_in(browser) == (429, "1"), "not even looked at"
    time.advance(seconds=1)
    assert sign_in(browser, password="wrong") == (403, "")
    page = browser.post("/sign-in", data={"name": "anna", "password": "wrong"})
    assert re.search(r"réessayez dans <span data-wait>2</span>\xa0s", page.text)
    time.advance(seconds=2)
    assert sign_in(browser) == (303, "/")


def test_after_ten_thousand_wrong_passwords_the_right_one_works_within_half_a_minute(
    browser: FlaskClient, anna: Member, db: Database, time: Clock
) -> None:
    """A hundredth of them through the door; tests/unit/test_sign_in_throttle.py sends them all to the verb."""
    seen = set()
    for _ in range(100):
        seen.add(sign_in(browser, password="wrong")[0])
        time.advance(seconds=1)
    assert seen == {403, 429}
    _, wait = sign_in(browser)
    assert int(wait) <= 30
    time.advance(seconds=int(wait))
    assert sign_in(browser) == (303, "/")
    assert "sign_in_failures" in {row[0] for row in db.execute("SELECT action FROM events")}


def test_whoever_was_here_before_is_not_kept_out_by_somebody_elses_guesses(
    browser: FlaskClient, anna: Member, settings: Settings, time: Clock
) -> None:
    sign_in(browser)
    browser.delete_cookie("kiosk")
    attacker = staff_app(settings).test_client()
    for _ in range(200):
        sign_in(attacker, password="wrong")
        time.advance(seconds=0.5)
    assert sign_in(attacker)[0] == 429
    assert sign_in(browser) == (303, "/")


def test_whoever_was_never_here_gets_in_while_somebody_elsewhere_asks_without_a_pause(
    browser: FlaskClient, anna: Member, settings: Settings, time: Clock
) -> None:
    """Else the guesser would take every turn as soon as there is one."""
    attacker = staff_app(settings).test_client()
    attacker.environ_base["REMOTE_ADDR"] = "10.0.0.66"
    for _ in range(200):
        sign_in(attacker, password="wrong")
        time.advance(seconds=0.5)
    assert sign_in(attacker)[0] == 429
    assert sign_in(browser, password="a slip of the pen") == (403, "")
    assert sign_in(browser) == (303, "/")


def test_thirty_addresses_that_guess_together_are_slowed_and_keep_nobody_out(
    browser: FlaskClient, anna: Member, settings: Settings, time: Clock
) -> None:
    sign_in(browser)
    browser.delete_cookie("kiosk")
    door, hashed = staff_app(settings), 0
    for number in range(90):
        attacker = door.test_client()
        attacker.environ_base["REMOTE_ADDR"] = f"10.0.1.{number % 30}"
        hashed += sign_in(attacker, password="wrong")[0] == 403
    assert hashed == 10
    assert sign_in(browser) == (303, "/"), "known here"
    elsewhere = door.test_client()
    assert sign_in(elsewhere) == (429, "30")
    time.advance(seconds=30)
    assert sign_in(elsewhere) == (303, "/")


def test_colleagues_behind_one_address_do_not_wait_for_each_others_right_passwords(
    browser: FlaskClient, anna: Member, time: Clock
) -> None:
    for _ in range(15):
        assert sign_in(browser) == (303, "/")
        browser.delete_cookie("kiosk")
        browser.delete_cookie("kiosk-device")


@pytest.mark.parametrize(
    ("address", "bits", "known_as"),
    [("10.0.0.7", 32, "10.0.0.7/32"), ("::ffff:10.0.0.7", 32, "10.0.0.7/32"), ("::ffff:10.0.0.7", 24, "10.0.0.0/24")],
)
def test_an_address_is_the_same_however_the_door_listens(address: str, bits: int, known_as: str) -> None:
    """A door on [::] sees every IPv4 address as one of a single IPv6 network."""
    assert network(address, v4=bits, v6=64) == known_as


def test_a_session_id_that_somebody_planted_is_not_taken_over(browser: FlaskClient, anna: Member) -> None:
    browser.set_cookie("kiosk", "planted")
    sign_in(browser)
    cookie = browser.get_cookie("kiosk")
    assert cookie is not None
    assert cookie.value != "planted"
    assert is_in(browser)


def test_a_cookie_replayed_after_the_sign_out_is_worth_nothing(
    browser: FlaskClient, signed_in: SignIn, db: Database
) -> None:
    anna = signed_in(browser, name="anna")
    assert anna.sends("/sign-out").location == "/sign-in"
    assert browser.get_cookie("kiosk") is None
    browser.set_cookie("kiosk", anna.key)
    assert not is_in(browser)
    assert actions(db) == ["signed_in", "signed_out"]


@pytest.mark.parametrize("minutes", [30, 481])
def test_a_session_ends_by_rest_and_by_age(browser: FlaskClient, signed_in: SignIn, time: Clock, minutes: int) -> None:
    signed_in(browser)
    for _ in range(minutes // 29):
        time.advance(minutes=29)
        assert is_in(browser) == (time.now - NOON < timedelta(hours=8))
    time.advance(minutes=30)
    assert not is_in(browser)


def test_a_page_that_renews_itself_is_no_sign_of_life(browser: FlaskClient, signed_in: SignIn, time: Clock) -> None:
    signed_in(browser)
    poll = {"HX-Request": "true", "HX-Current-URL": "http://localhost/transmission?words=secret"}
    for _ in range(29):
        time.advance(minutes=1)
        assert browser.get("/transmission", headers=poll).status_code == 200
    time.advance(minutes=1)
    answer = browser.get("/transmission", headers=poll)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/transmission&over=yes")


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/account", "/account"),
        ("/transmission", "/transmission"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/account", "/"),
        ("account", "/"),
        ("/nowhere", "/"),
        ("/sign-out", "/"),
        ("/sign-in", "/"),
        ("/account?changed=1", "/"),
        ("/account\r\nX: y", "/"),
        ("/reports/x\r\nX: y", "/"),
        ("/reports/x\ty", "/"),
        ("", "/"),
    ],
)
def test_after_the_sign_in_one_lands_where_one_wanted_to_and_never_elsewhere(
    browser: FlaskClient, anna: Member, wanted: str, reached: str
) -> None:
    assert sign_in(browser, next=wanted) == (303, reached)
    shown = (
        staff_app(browser.application.config["KIOSK_SETTINGS"])
        .test_client()
        .get("/sign-in", query_string={"next": wanted})
    )
    assert f'name="next" value="{reached}"' in shown.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "null"},
    ],
)
def test_no_other_page_signs_somebody_in(browser: FlaskClient, anna: Member, headers: dict[str, str]) -> None:
    answer = browser.post("/sign-in", data={"name": "anna", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert not is_in(browser)


def test_the_cookies_cannot_be_read_by_scripts_and_behind_tls_not_be_had_otherwise(
    settings: Settings, anna: Member
) -> None:
    for tls, name in ((False, "kiosk"), (True, "__Host-kiosk")):
        app = staff_app(dataclasses.replace(settings, staff=Staff(tls=tls)))
        answer = app.test_client().post("/sign-in", data={"name": "anna", "password": PASSWORD})
        device, session = sorted(answer.headers.getlist("Set-Cookie"))
        assert session.startswith(f"{name}=")
        assert device.startswith(f"{name}-device=")
        assert "Max-Age" not in session
        for cookie in (session, device):
            assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
            assert ("Secure" in cookie) == tls
            assert "Domain" not in cookie


def test_an_older_hash_is_made_stronger_at_the_next_sign_in(browser: FlaskClient, db: Database) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    a_member(db, name="anna", password_hash=weaker)
    assert sign_in(browser) == (303, "/")
    account = accounts.find(db, "anna")
    assert account is not None
    assert account.password_hash not in (None, weaker)
    assert is_in(browser)


def test_neither_trace_nor_log_nor_file_holds_a_password_or_an_id(
    browser: FlaskClient, anna: Member, db: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(browser, password="wrong-but-nearly-right")
    sign_in(browser, name=PASSWORD)
    sign_in(browser)
    cookie = browser.get_cookie("kiosk")
    assert cookie is not None
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = settings.database.read_bytes() + caplog.text.encode()
    for secret in ("wrong-but-nearly-right", PASSWORD, cookie.value):
        assert secret.encode() not in kept
