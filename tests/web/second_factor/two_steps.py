"""The two steps of a sign-in, as a browser without scripts makes them."""

import re
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.domain.second_factor import as_text
from kiosk.store.staff.accounts import Member
from tests.build import NOON
from tests.web.colleague import Colleague

PASSWORD = "quatre mots bien choisis"
SECRET = b"12345678901234567890"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
STEP = timedelta(seconds=30)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def advance(self, span: timedelta) -> None:
        self.now += span


def code_at(moment: datetime, secret: bytes = SECRET) -> str:
    return pyotp.TOTP(as_text(secret)).at(moment)


def signs_in(browser: FlaskClient, password: str = PASSWORD, **fields: str) -> TestResponse:
    return browser.post("/sign-in", data={"name": "anna", "password": password, **fields})


def gives(browser: FlaskClient, code: str, **fields: str) -> TestResponse:
    return browser.post("/second-factor", data={"code": code, **fields})


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def colleague(browser: FlaskClient, member: Member) -> Colleague:
    cookie = browser.get_cookie("kiosk")
    assert cookie is not None
    return Colleague(browser, member, cookie.value)


def shown_secret(page: TestResponse) -> bytes:
    found = re.search(r"data-secret>([A-Z2-7 ]+)<", page.text)
    assert found, page.text
    return pyotp.TOTP(found[1].replace(" ", "")).byte_secret()


def shown_codes(browser: FlaskClient, answer: TestResponse) -> list[str]:
    """Of the page that is shown once."""
    page = browser.get(answer.location)
    return re.findall(r'<bdi dir="ltr">(\w{4}-\w{4}-\w{4}-\w{4})</bdi>', page.text)


def actions(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT action FROM events ORDER BY id")]
