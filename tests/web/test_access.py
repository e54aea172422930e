"""Who may do what, over every route of the staff's door and every role."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.routing import Rule

from kiosk import staff_app
from kiosk.config import Settings, Staff, Web
from kiosk.domain.roles import StaffRole
from kiosk.web.staff.access.permissions import SAFE_METHODS, demand_site, for_roles, roles_of
from tests.build import store
from tests.web.colleague import SignIn

# A new part of an address needs a value here, a new open view a line below: both are decisions, not defaults.
PARTS = {
    "token": "x",
    "number": "1",
    "reference": "7K4-92Q-MX3",
    "session": "1",
    "site": "siege",
    "kind": "virus",
    "day": "2026-11-20",
}
OPEN_VIEWS = {
    "health.ping",
    "health.healthz",
    "sign_in.form",
    "sign_in.sign_in",
    "first_password.form",
    "first_password.choose",
    "second_factor.code",
    "second_factor.passkey",
    "set_up.app",
    "set_up.passkey",
    "demo.mailbox",
    "demo.mail",
    "demo.rendered",
}
FOREIGN = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}]
OTHER_PORT = [{"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}]


@pytest.fixture
def door(db: Database, settings: Settings) -> Flask:
    store(db)
    return staff_app(dataclasses.replace(settings, demo=True))


def is_page(endpoint: str) -> bool:
    return not endpoint.startswith("static")


def routes(app: Flask, *, reading: bool) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method, address."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if (method in SAFE_METHODS) == reading and is_page(rule.endpoint):
                yield rule.endpoint, method, address(rule)


def address(rule: Rule) -> str:
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: PARTS[part[1]], rule.rule)


def test_every_view_says_for_whom_it_is_and_few_are_for_everybody(door: Flask) -> None:
    declared = {endpoint: roles_of(door, endpoint) for endpoint in door.view_functions}
    assert [endpoint for endpoint, roles in declared.items() if roles is None] == []
    assert {endpoint for endpoint, roles in declared.items() if not roles and is_page(endpoint)} == OPEN_VIEWS


def test_a_view_that_says_nothing_is_refused_to_everybody(door: Flask, signed_in: SignIn) -> None:
    door.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    client = door.test_client()
    assert client.get("/forgotten").status_code == 403
    assert signed_in(client).opens("/forgotten").status_code == 403


def test_without_a_sign_in_every_page_leads_there_and_every_change_is_refused(door: Flask) -> None:
    client = door.test_client()
    for endpoint, method, path in routes(door, reading=True):
        answer = client.open(path, method=method, buffered=True)
        if endpoint in OPEN_VIEWS:
            assert answer.status_code in (200, 204, 404, 503), path
        else:
            assert (answer.status_code, (answer.location or "").split("?")[0]) == (303, "/sign-in"), path
    for endpoint, method, path in routes(door, reading=False):
        if endpoint not in OPEN_VIEWS:
            answer = client.open(path, method=method)
            assert answer.status_code == 403 or answer.location == "/sign-in", path


@pytest.mark.parametrize("role", list(StaffRole))
def test_each_role_reaches_what_is_declared_for_it_and_nothing_else(
    door: Flask, signed_in: SignIn, role: StaffRole
) -> None:
    for endpoint, method, path in [*routes(door, reading=True), *routes(door, reading=False)]:
        colleague = signed_in(door.test_client(), role)
        fields = {} if method in SAFE_METHODS else {"csrf": colleague.csrf}
        status = colleague.client.open(path, method=method, data=fields, buffered=True).status_code
        roles = roles_of(door, endpoint)
        refused = bool(roles) and role not in (roles or ())
        if endpoint != "sign_in.sign_in":  # it answers a wrong password alike
            assert (status == 403) == refused, (path, role, status)


def test_no_change_is_made_without_the_token_of_the_session(door: Flask, db: Database, signed_in: SignIn) -> None:
    mine, other = signed_in(door.test_client()), signed_in(door.test_client())
    before = db.execute("SELECT count(*) FROM events").fetchone()
    for endpoint, method, path in routes(door, reading=False):
        if endpoint in OPEN_VIEWS:
            continue
        for token in (None, "", "0" * 64, other.csrf, "é"):
            fields = {} if token is None else {"csrf": token}
            assert mine.client.open(path, method=method, data=fields).status_code == 403, path
    assert db.execute("SELECT count(*) FROM events").fetchone() == before


def test_no_change_is_made_from_a_page_elsewhere_even_with_the_token(door: Flask, signed_in: SignIn) -> None:
    colleague = signed_in(door.test_client())
    for endpoint, method, path in routes(door, reading=False):
        for headers in FOREIGN if endpoint == "first_password.choose" else [*FOREIGN, *OTHER_PORT]:
            answer = colleague.client.open(path, method=method, data={"csrf": colleague.csrf}, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert "Confirmez" not in answer.text
    assert colleague.opens("/account").status_code == 200


def test_what_lies_on_another_site_looks_like_what_does_not_exist(door: Flask, signed_in: SignIn) -> None:
    @door.get("/things/<site>")
    @for_roles(StaffRole.MANAGER)
    def thing(site: str) -> str:
        demand_site(None if site == "nothing" else site)
        return site

    nord = signed_in(door.test_client(), sites=("nord",))
    assert nord.opens("/things/nord").status_code == 200
    foreign, missing = nord.opens("/things/siege"), nord.opens("/things/nothing")
    assert (foreign.status_code, foreign.text) == (404, missing.text)
    everywhere = signed_in(door.test_client())
    assert everywhere.opens("/things/siege").status_code == 200
    assert everywhere.opens("/things/nothing").status_code == 404


def test_machines_and_pages_for_everybody_set_no_cookie(door: Flask) -> None:
    for endpoint, method, path in routes(door, reading=True):
        if endpoint in OPEN_VIEWS:
            assert "Set-Cookie" not in door.test_client().open(path, method=method, buffered=True).headers, path


def test_behind_tls_nobody_is_served_in_clear_but_the_machines_that_watch(
    settings: Settings, db: Database, signed_in: SignIn
) -> None:
    behind = dataclasses.replace(settings, staff=Staff(tls=True), web=Web(proxy="127.0.0.1"))
    client = signed_in(staff_app(behind).test_client()).client
    for path in ("/sign-in", "/account", "/first-password/x"):
        assert client.get(path).status_code == 403, path
    assert client.get("/ping").status_code == 204
    secure = staff_app(behind).test_client()
    assert secure.get("/sign-in", base_url="https://localhost").status_code == 200
    assert "Strict-Transport-Security" in secure.get("/sign-in", base_url="https://localhost").headers


@pytest.mark.parametrize("url", ["http://[", "http://[::1", "//[x]", "http://a:b:c", "\\", "http://\u2100.example/x"])
@pytest.mark.parametrize("header", ["HX-Current-URL", "Origin", "Referer"])
def test_no_url_in_a_header_breaks_a_page(header: str, url: str, door: Flask) -> None:
    client = door.test_client()
    for path in ("/", "/account", "/sign-in"):
        for method in ("GET", "POST"):
            headers = {"HX-Request": "true", header: url.encode().decode("latin-1")}
            answer = client.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
            assert answer.status_code < 500, (method, path)
