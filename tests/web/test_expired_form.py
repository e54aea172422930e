"""A form that comes too late, or with an old token, never loses what was typed and never does anything by itself."""

import html
import re

import pytest
from argon2 import PasswordHasher
from flask import Flask, request
from sqlite_utils import Database

from kiosk import staff_app
from kiosk.config import Settings
from kiosk.domain.handling import Eta
from kiosk.domain.roles import StaffRole
from kiosk.store.keys.token_digests import SESSION, keyed
from kiosk.store.staff import passwords
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import expired_form
from kiosk.web.staff.access.expired_form import ExpiredForm
from kiosk.web.staff.access.permissions import for_roles
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.shared.forms import HiddenCode, OneOf, StaffForm, TypedText
from tests.staff import a_member
from tests.web.colleague import Colleague, SignIn

PASSWORD = "quatre mots bien choisis"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
NOTE = "\nVu avec le gardien : « porte <b>bloquée</b> & ouverte ».\n\nÀ revoir demain."
SENT = {"note": NOTE, "eta": "1h", "several": ["a", "b"]}
PAGE = "/reports/7K4-92Q-MX3/scribble"


class ScribbleForm(StaffForm):
    act = "Griffonner"
    note = TypedText("Note")
    eta = OneOf("Délai", list(Eta))
    several = HiddenCode()


@pytest.fixture
def taken() -> list[list[tuple[str, str]]]:
    return []


@pytest.fixture
def app(db: Database, settings: Settings, taken: list[list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    made = staff_app(settings)

    @made.post("/reports/<reference>/scribble")
    @for_roles(StaffRole.MANAGER)
    @takes(ScribbleForm)
    def scribble(reference: str) -> str:
        taken.append([pair for pair in request.form.items(multi=True) if pair[0] != "csrf"])
        return reference

    return made


def fields_of(page: str) -> list[tuple[str, str]]:
    """As a browser sends the form of the page: hidden fields, and texts without the line break that begins them."""
    form = page[page.index('<form method="post"', page.index("<main")) :].partition("</form>")[0]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    pairs += re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form, re.DOTALL)
    return [(name, html.unescape(value)) for name, value in pairs]


def as_dict(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def end_session(db: Database, colleague: Colleague) -> None:
    db.execute("DELETE FROM staff_sessions WHERE digest = ?", (keyed(db, SESSION, digest(colleague.key)),))
    db.conn.commit()


def test_what_was_typed_comes_back_after_the_sign_in_and_is_sent_with_one_press(
    app: Flask, db: Database, signed_in: SignIn, taken: list[list[tuple[str, str]]]
) -> None:
    client = app.test_client()
    anna = signed_in(client)
    a_member(db, name="bruno", password_hash=CHEAP.hash(PASSWORD))
    csrf = anna.csrf
    end_session(db, anna)
    page = client.post(PAGE, data={"csrf": csrf, **SENT, "unknown": "n'est d'aucun champ"})
    assert (page.status_code, "Location" in page.headers) == (403, False)
    assert "Ce que vous avez écrit n'est pas perdu." in html.unescape(page.text)
    for password in ("wrong", PASSWORD):
        filled = {**dict(fields_of(page.text)), "name": "bruno", "password": password}
        page = client.post("/sign-in", data=filled)
    assert page.status_code == 200
    assert "Rien n'est encore enregistré." in html.unescape(page.text)
    assert html.escape(NOTE).replace("&#x27;", "&#39;") in page.text
    assert "7K4-92Q-MX3" in page.text
    assert taken == []
    assert client.post(PAGE, data=as_dict(fields_of(page.text))).status_code == 200
    assert as_dict(taken[0]) == as_dict(
        [(n, v) for n, v in [("note", NOTE), ("eta", "1h"), ("several", "a"), ("several", "b")]]
    )


def test_a_form_from_before_the_last_sign_in_is_confirmed_without_another_one(
    app: Flask, signed_in: SignIn, taken: list[list[tuple[str, str]]]
) -> None:
    client = app.test_client()
    old = signed_in(client, name="anna").csrf
    signed_in(client, name="bruno")
    page = client.post(PAGE, data={"csrf": old, **SENT})
    assert page.status_code == 403
    assert taken == []
    assert dict(fields_of(page.text))["csrf"] != old
    client.post(PAGE, data=as_dict(fields_of(page.text)))
    assert len(taken) == 1


def test_a_fragment_is_answered_with_the_whole_page_in_its_place(app: Flask, signed_in: SignIn) -> None:
    client = app.test_client()
    for made in (client, signed_in(client).client):
        answer = made.post(PAGE, data=SENT, headers={"HX-Request": "true"})
        assert answer.status_code == 403, "which htmx puts into the page"
        assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("body", "innerHTML")
        assert html.escape("porte <b>bloquée</b>") in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
def test_words_from_another_page_are_not_put_into_anybodys_mouth(app: Flask, headers: dict[str, str]) -> None:
    answer = app.test_client().post(PAGE, data=SENT, headers=headers)
    assert answer.status_code == 403
    assert "bloquée" not in answer.text


def test_a_password_is_never_carried_along(app: Flask, signed_in: SignIn) -> None:
    fields = {"current": PASSWORD, "password": "another good one", "password_again": "another good one"}
    client = app.test_client()
    assert client.post("/account/password", data=fields).location == "/sign-in"
    answer = signed_in(client).client.post("/account/password", data=fields)
    assert answer.status_code == 403
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "action", ["/sign-out", "/account/password", "/sign-in", "/nowhere", "//evil.example/x", "https://evil.example", ""]
)
def test_the_way_through_the_sign_in_leads_to_our_own_forms_alone(app: Flask, db: Database, action: str) -> None:
    a_member(db, name="bruno", password_hash=CHEAP.hash(PASSWORD))
    carried = ExpiredForm(action, (("note", "x"),)).as_text()
    answer = app.test_client().post("/sign-in", data={"name": "bruno", "password": PASSWORD, "stale": carried})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"action": 1}',
        '{"fields": [["a"]], "action": "/"}',
        "[" * 100_000,
        '{"action": "/", "fields": 7}',
    ],
)
def test_what_we_did_not_write_is_ignored(text: str) -> None:
    assert expired_form.from_text(text) is None


def test_what_is_carried_comes_back_unchanged() -> None:
    form = ExpiredForm(PAGE, (("note", NOTE), ("é", "\u2028</textarea>"), ("note", "")))
    assert expired_form.from_text(form.as_text()) == form


def test_what_is_shown_is_what_a_person_would_recognise(app: Flask) -> None:
    fields = (("several", "0b5c"), ("eta", "tomorrow"), ("note", "Au fond"), ("note", ""), ("unknown", "n'est rien"))
    with app.test_request_context():
        page = expired_form.page_of(ExpiredForm(PAGE, fields))
    assert (page.act, page.reference) == ("Griffonner", "7K4-92Q-MX3")
    assert page.shown == (("Note", "Au fond"), ("Délai", "demain"))
    assert page.fields == fields[:4], "what no field of the form takes is left behind"
