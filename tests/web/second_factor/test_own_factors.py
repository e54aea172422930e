"""One's own second factors: added, listed and removed, each time with the password."""

import html

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk import staff_app
from kiosk.config import Settings
from kiosk.store.staff import second_factors
from kiosk.store.staff.accounts import Member
from tests.build import NOON
from tests.web.colleague import Colleague
from tests.web.second_factor.two_steps import (
    PASSWORD,
    Clock,
    code_at,
    colleague,
    gives,
    shown_codes,
    shown_secret,
    signs_in,
)


def changes(person: Colleague, act: str, current: str = PASSWORD) -> TestResponse:
    return person.sends("/account/second-factor", act=act, current=current)


def test_one_adds_lists_and_removes_an_app_and_each_change_asks_for_the_password(
    browser: FlaskClient, anna: Member, db: Database, time: Clock
) -> None:
    signs_in(browser)
    person = colleague(browser, anna)
    assert "Rien encore" in person.opens("/account/second-factor").text
    refused = changes(person, "add", "wrong")
    assert "Ce n'est pas votre mot de passe." in html.unescape(refused.text)
    secret = shown_secret(changes(person, "add"))
    done = browser.post("/second-factor/set-up/app", data={"code": code_at(NOON, secret)})
    old = shown_codes(browser, done)
    assert len(old) == 8
    page = person.opens("/account/second-factor").text
    assert "Application d'authentification" in html.unescape(page)
    new = shown_codes(browser, changes(person, "codes"))
    assert set(new).isdisjoint(old)
    (factor,) = second_factors.of_member(db, anna.id)
    assert changes(person, str(factor.id), "wrong").status_code == 422
    assert second_factors.of_member(db, anna.id)
    assert changes(person, str(factor.id)).location == "/account/second-factor"
    assert second_factors.of_member(db, anna.id) == []
    browser.delete_cookie("kiosk")
    assert signs_in(browser).location == "/"


@pytest.mark.parametrize("act", ["", "x", "99", "9" * 30, "²", "-1"])
@pytest.mark.usefixtures("codes")
def test_what_is_nobodys_factor_is_not_removed(browser: FlaskClient, anna: Member, act: str) -> None:
    signs_in(browser)
    gives(browser, code_at(NOON))
    assert changes(colleague(browser, anna), act).status_code == 422


@pytest.mark.usefixtures("codes")
def test_the_last_one_of_a_role_that_must_have_one_stays(strict: FlaskClient, anna: Member, db: Database) -> None:
    signs_in(strict)
    gives(strict, code_at(NOON))
    (factor,) = second_factors.of_member(db, anna.id)
    assert changes(colleague(strict, anna), str(factor.id)).status_code == 422
    assert second_factors.of_member(db, anna.id)


def test_a_proof_from_ones_account_is_worth_nothing_in_another_session(
    browser: FlaskClient, anna: Member, db: Database, settings: Settings
) -> None:
    signs_in(browser)
    secret = shown_secret(changes(colleague(browser, anna), "add"))
    proof = browser.get_cookie("kiosk-step")
    assert proof is not None
    thief = staff_app(settings).test_client()
    thief.set_cookie("kiosk-step", proof.value)
    for path in ("/second-factor", "/second-factor/set-up/app"):
        assert thief.post(path, data={"code": code_at(NOON, secret)}).location == "/sign-in"
    assert second_factors.of_member(db, anna.id) == []
