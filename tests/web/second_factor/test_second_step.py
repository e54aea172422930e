"""The second step of the sign-in: no session and no key without it, and never without the password before it."""

import base64
import dataclasses
import html
import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import staff_app
from kiosk.config import Settings, Staff, Web
from kiosk.domain.roles import StaffRole
from kiosk.domain.second_factor import as_text
from kiosk.store.keys import factor_key
from kiosk.store.staff import accounts, second_factors
from kiosk.store.staff.accounts import Member, NewMember
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import unlocked_keys
from tests.build import NOON
from tests.staff import a_member
from tests.web.second_factor.two_steps import (
    CHEAP,
    PASSWORD,
    STEP,
    Clock,
    actions,
    code_at,
    colleague,
    gives,
    is_in,
    shown_codes,
    shown_secret,
    signs_in,
)


@pytest.mark.usefixtures("codes")
def test_the_password_alone_opens_no_session_and_unlocks_no_key(browser: FlaskClient, db: Database) -> None:
    page = signs_in(browser)
    assert "Deuxième étape" in page.text
    assert (browser.get_cookie("kiosk"), is_in(browser)) == (None, False)
    assert db.execute("SELECT count(*) FROM staff_sessions").fetchone()[0] == 0
    for address in ("/", "/unlock", "/account/second-factor", "/sessions"):
        assert (browser.get(address).location or "").startswith("/sign-in"), address
    browser.set_cookie("kiosk", browser.get_cookie("kiosk-step").value)  # type: ignore[union-attr]
    assert not is_in(browser)


@pytest.mark.usefixtures("codes")
def test_password_and_code_open_the_session_with_its_keys(browser: FlaskClient, anna: Member, db: Database) -> None:
    signs_in(browser)
    assert gives(browser, f" {code_at(NOON)[:3]} {code_at(NOON)[3:]} ").location == "/"
    assert is_in(browser)
    assert browser.get_cookie("kiosk-step") is None
    keys = browser.application.extensions[unlocked_keys.EXTENSION]._held
    assert [one.session for one in keys.values()] == [1], "waiting under the proof no longer"
    detail = db.execute("SELECT detail FROM events WHERE action = 'signed_in'").fetchone()[0]
    assert '"second_factor": "totp"' in detail


@pytest.mark.usefixtures("codes")
def test_a_code_without_the_password_opens_nothing(browser: FlaskClient) -> None:
    assert gives(browser, code_at(NOON)).location == "/sign-in"
    browser.set_cookie("kiosk-step", "planted")
    assert gives(browser, code_at(NOON)).location == "/sign-in"
    assert signs_in(browser, "wrong").status_code == 403
    assert gives(browser, code_at(NOON)).location == "/sign-in"
    assert not is_in(browser)


@pytest.mark.usefixtures("codes")
def test_a_code_that_was_used_is_refused_at_another_browser(browser: FlaskClient, settings: Settings) -> None:
    thief = staff_app(settings).test_client()
    for each in (browser, thief):
        signs_in(each)
    assert gives(browser, code_at(NOON)).location == "/"
    assert gives(thief, code_at(NOON)).status_code == 403
    assert not is_in(thief)


@pytest.mark.parametrize(("drift", "status"), [(-2, 403), (-1, 303), (1, 303), (2, 403)])
@pytest.mark.usefixtures("codes")
def test_the_telephones_clock_may_differ_by_half_a_minute(browser: FlaskClient, drift: int, status: int) -> None:
    signs_in(browser)
    assert gives(browser, code_at(NOON + drift * STEP)).status_code == status


@pytest.mark.usefixtures("codes")
def test_the_password_proof_is_used_up_by_its_session_and_ends_by_itself(browser: FlaskClient, time: Clock) -> None:
    signs_in(browser)
    proof = browser.get_cookie("kiosk-step")
    assert proof is not None
    gives(browser, code_at(NOON))
    browser.delete_cookie("kiosk")
    browser.set_cookie("kiosk-step", proof.value)
    time.advance(STEP)
    assert gives(browser, code_at(time.now)).location == "/sign-in"
    signs_in(browser)
    time.advance(timedelta(minutes=10))
    assert gives(browser, code_at(time.now)).location == "/sign-in"
    assert not is_in(browser)


@pytest.mark.usefixtures("codes")
def test_wrong_codes_cost_a_wait_and_nobody_is_locked_out(
    browser: FlaskClient, settings: Settings, db: Database, time: Clock
) -> None:
    signs_in(browser)
    gives(browser, code_at(NOON))
    browser.delete_cookie("kiosk")
    thief = staff_app(settings).test_client()
    signs_in(thief)
    assert [gives(thief, "000000").status_code for _ in range(5)] == [403] * 3 + [429] * 2
    page = gives(thief, "000000")
    assert page.headers["Retry-After"] == "1"
    for _ in range(200):
        gives(thief, "000000")
        time.advance(timedelta(seconds=2))
    signs_in(browser)
    assert gives(browser, code_at(time.now)).location == "/", "the owner's browser waits for its own mistakes alone"
    signs_in(thief)
    time.advance(timedelta(seconds=31))
    assert gives(thief, code_at(time.now)).location == "/", "half a minute at most"
    assert actions(db).count("second_factor_refused") > 3
    assert "sign_in_failures" in actions(db)


@pytest.mark.usefixtures("codes")
def test_the_right_password_does_not_wash_off_wrong_codes(browser: FlaskClient) -> None:
    statuses = []
    for _ in range(5):
        signs_in(browser)
        statuses.append(gives(browser, "000000").status_code)
    assert statuses == [403] * 3 + [429] * 2


def test_a_recovery_code_enters_once(browser: FlaskClient, codes: tuple[str, ...]) -> None:
    for status in (303, 403):
        signs_in(browser)
        assert gives(browser, codes[0].lower()).status_code == status
        browser.delete_cookie("kiosk")


def test_without_their_key_apps_are_refused_and_recovery_codes_still_enter(
    browser: FlaskClient, codes: tuple[str, ...], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.secrets / factor_key.KEY_FILE).unlink()
    signs_in(browser)
    assert gives(browser, code_at(NOON)).status_code == 403
    assert "the codes of apps cannot be checked" in caplog.text
    assert gives(browser, codes[0]).status_code == 303


@pytest.mark.usefixtures("codes")
def test_the_sign_in_leads_where_it_was_going(browser: FlaskClient) -> None:
    page = signs_in(browser, next="/transmission")
    assert 'name="next" value="/transmission"' in page.text
    assert gives(browser, "wrong", next="//evil.example").status_code == 403
    assert gives(browser, code_at(NOON), next="//evil.example").location == "/"


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
@pytest.mark.parametrize("path", ["", "/passkey", "/set-up/app", "/set-up/passkey"])
@pytest.mark.usefixtures("codes")
def test_no_other_page_takes_the_second_step(browser: FlaskClient, path: str, headers: dict[str, str]) -> None:
    signs_in(browser)
    answer = browser.post(f"/second-factor{path}", data={"code": code_at(NOON)}, headers=headers)
    assert answer.status_code == 403
    assert not is_in(browser)


@pytest.mark.usefixtures("codes")
def test_a_password_alone_adds_no_other_factor(browser: FlaskClient, db: Database, anna: Member) -> None:
    """Somebody who knows the password would otherwise bring a telephone of their own."""
    signs_in(browser)
    for path in ("app", "passkey"):
        assert browser.post(f"/second-factor/set-up/{path}", data={"code": "000000"}).status_code in (303, 422)
    page = browser.post("/second-factor/set-up/app", data={"code": "000000"})
    answer = browser.post("/second-factor/set-up/app", data={"code": code_at(NOON, shown_secret(page))})
    assert answer.location == "/sign-in"
    assert len(second_factors.of_member(db, anna.id)) == 1
    assert not is_in(browser)


def test_a_role_that_must_have_one_is_led_to_it_at_the_sign_in(
    strict: FlaskClient, anna: Member, db: Database, time: Clock
) -> None:
    page = signs_in(strict, next="/transmission")
    assert "Votre rôle demande une deuxième étape" in page.text
    assert not is_in(strict)
    secret = shown_secret(page)
    wrong = strict.post("/second-factor/set-up/app", data={"code": "000000"})
    assert (wrong.status_code, shown_secret(wrong)) == (422, secret)
    assert not is_in(strict)
    done = strict.post("/second-factor/set-up/app", data={"code": code_at(NOON, secret), "next": "/transmission"})
    assert len(shown_codes(strict, done)) == 8
    assert is_in(strict)
    onward = colleague(strict, anna).sends("/second-factor/continue", next="/transmission")
    assert onward.location == "/transmission"
    strict.delete_cookie("kiosk")
    assert "Les six chiffres" in signs_in(strict).text
    assert gives(strict, code_at(NOON, secret)).status_code == 403, "it has proved the app already"
    time.advance(STEP)
    assert gives(strict, code_at(time.now, secret)).location == "/"
    assert actions(db).count("second_factor_added") == 1


def test_each_sign_in_has_a_secret_and_a_question_of_its_own(strict: FlaskClient, anna: Member) -> None:
    """Passkeys without a counter would otherwise sign once for ever."""
    seen = set()
    for _ in range(2):
        page = signs_in(strict)
        options = json.loads(html.unescape(re.findall(r'data-options="([^"]+)"', page.text)[0]))
        seen |= {
            shown_secret(page),
            *(base64.urlsafe_b64decode(text + "==")[:20] for text in challenge_and_user(options)),
        }
    assert len(seen) == 6


def challenge_and_user(options: dict[str, Any]) -> tuple[str, str]:
    return options["challenge"], options["user"]["id"]


def test_a_first_password_leads_to_the_second_step_too(strict: FlaskClient, db: Database) -> None:
    accounts.admit(db, NewMember(name="zoe", display_name="Zoé", role=StaffRole.DPO), digest("token"), NOON)
    page = strict.post("/first-password/token", data={"password": PASSWORD, "password_again": PASSWORD})
    assert "Votre rôle demande une deuxième étape" in page.text
    assert not is_in(strict)


def test_other_roles_enter_with_their_password(strict: FlaskClient, db: Database) -> None:
    a_member(db, "deputy", name="anna", password_hash=CHEAP.hash(PASSWORD))
    assert signs_in(strict).location == "/"


def test_behind_tls_the_proof_is_a_host_cookie(settings: Settings, codes: tuple[str, ...]) -> None:
    answer = signs_in(staff_app(dataclasses.replace(settings, staff=Staff(tls=True))).test_client())
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-kiosk-step=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("base", "offered"),
    [
        ("http://localhost", True),
        ("https://localhost", True),
        ("http://127.0.0.1", False),
        ("https://127.0.0.1", False),
        ("http://console.example", False),
        ("https://console.example", True),
    ],
)
def test_passkeys_are_offered_under_an_https_name_or_localhost_alone(
    settings: Settings, anna: Member, base: str, offered: bool
) -> None:
    app = staff_app(
        dataclasses.replace(
            settings, web=Web(hosts=("console.example",)), staff=Staff(second_factor=(StaffRole.MANAGER,))
        )
    )
    page = app.test_client().post("/sign-in", data={"name": "anna", "password": PASSWORD}, base_url=base)
    assert ('data-passkey="create"' in page.text) == offered
    if offered:
        assert f'"id": "{base.partition("//")[2]}"' in html.unescape(page.text)
    assert "publickey-credentials-create=(self)" in page.headers["Permissions-Policy"]
    assert "publickey-credentials-create=()" in app.test_client().get("/sign-in").headers["Permissions-Policy"]


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "x" * 20_000, '{"id": 1}', "[" * 5000, '{"rawId":"é"}'])
@pytest.mark.usefixtures("codes")
def test_whatever_is_sent_as_a_passkey_is_refused_without_an_error(
    browser: FlaskClient, strict: FlaskClient, db: Database, answer: str
) -> None:
    signs_in(browser)
    assert browser.post("/second-factor/passkey", data={"answer": answer}).status_code == 403
    db.execute("DELETE FROM staff_factors")
    db.conn.commit()
    signs_in(strict)
    assert strict.post("/second-factor/set-up/passkey", data={"answer": answer}).status_code == 422


def test_neither_trace_nor_log_nor_file_holds_a_code_or_a_secret(
    strict: FlaskClient, db: Database, settings: Settings, anna: Member, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = shown_secret(signs_in(strict))
    codes = shown_codes(strict, strict.post("/second-factor/set-up/app", data={"code": code_at(NOON, secret)}))
    proof = strict.get_cookie("kiosk")
    assert proof is not None
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = settings.database.read_bytes() + caplog.text.encode()
    for said in (as_text(secret), codes[0], codes[0].replace("-", ""), code_at(NOON, secret), proof.value):
        assert said.encode() not in kept
    assert secret not in kept
