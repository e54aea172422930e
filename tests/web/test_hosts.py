"""A door answers only to its own names, so that a page elsewhere cannot borrow a visitor's browser to read it."""

from itertools import product

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk import public_app, staff_app
from kiosk.config import Settings, Web
from kiosk.domain.addresses import host_of, is_loopback

NAMES = ("borne.cpcam.example", "[2001:db8::7]", ".terminaux.example")
KNOWN = [
    "localhost",
    "localhost:8080",
    "127.0.0.1:1",
    "[::1]",
    "[::1]:8080",
    "[0:0::0:1]:8080",
    "borne.cpcam.example:8080",
    "[2001:db8:0::7]:8080",
    "hall.terminaux.example",
]
UNKNOWN = [
    "elsewhere.example",
    "localhost.elsewhere.example",
    "127.0.0.1.elsewhere.example",
    "[::2]:8080",
    "[::ffff:127.0.0.1]",
    "[",
    "[]",
    "[::1",
    "[::1].elsewhere.example",
    "[::1]elsewhere.example",
    "::1",
    "evil@localhost",
    "localhost/",
    "xterminaux.example",
    "0.0.0.0",
    "",
    "a..b",  # a name that no host can have
    "x" * 64,
    f"localhost.{'x' * 64}:8080",
]


PATHS = ["/", "/healthz", "/ping", "/static/css/base.css", "/nowhere", "/fr"]


@pytest.fixture(params=[public_app, staff_app])
def door(request: pytest.FixtureRequest, db: Database, settings: Settings) -> Flask:
    app: Flask = request.param(Settings(instance=settings.instance, web=Web(hosts=NAMES)))
    return app


def answers(door: Flask, path: str, host: str, *, follow: bool) -> TestResponse:
    return door.test_client().get(path, headers={"Host": host}, follow_redirects=follow, buffered=True)


def test_a_door_answers_to_its_own_names(door: Flask) -> None:
    statuses = {host: answers(door, "/", host, follow=True).status_code for host in KNOWN}
    assert statuses == dict.fromkeys(KNOWN, 200)


def test_a_door_answers_to_no_other_name(door: Flask) -> None:
    cases = list(product(UNKNOWN, PATHS))
    responses = {(host, path): answers(door, path, host, follow=False) for host, path in cases}
    assert {case: response.status_code for case, response in responses.items()} == dict.fromkeys(cases, 400)
    assert [case for case, response in responses.items() if "Location" in response.headers] == []


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"])
def test_loopback_is_loopback(address: str) -> None:
    assert is_loopback(host_of(address))


@pytest.mark.parametrize(
    "address", ["0.0.0.0:1", "127.elsewhere.example:1", "[::]:1", "192.168.1.5:1", "localhost.x:1"]
)
def test_nothing_else_is_loopback(address: str) -> None:
    assert not is_loopback(host_of(address))
