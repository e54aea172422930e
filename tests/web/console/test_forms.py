"""Forms of the console, over every route that changes something: their fields, and what is carried along."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import AttestedCredentialData
from flask import Flask
from sqlite_utils import Database
from wtforms import Form

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import Eta, HiddenAs, HoldReason, Outcome
from kiosk.domain.roles import StaffRole
from kiosk.duty import acts, presence
from kiosk.store.keeping import holds
from kiosk.store.reports import report_status
from kiosk.store.staff import accounts, passwords, second_factors
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.second_factors import NewPasskey
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import keyring
from kiosk.web.staff.access.permissions import KEEPS
from kiosk.web.staff.access.routes import FORM, fields_of, form_of, route_to
from kiosk.web.staff.shared.forms import ButtonForm, Secret
from tests.incident import an_incident
from tests.staff import a_member, a_session
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY
from tests.web.second_factor.two_steps import CHEAP, PASSWORD

PARTS = {"token": "x", "number": "1", "reference": "7K4-92Q-MX3", "site": "siege", "kind": "virus"}
# Asked by scripts alone, with the fields of the form that they stand in, or none; shown after `kiosk init` alone.
ON_NO_PAGE = {"on_behalf.questions", "open_sessions.keep_alive", "accounts.confirm"}


class PostedForms(HTMLParser):
    """The forms of a page that are posted: their address, and the names of their fields."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []
        self._address, self._inside = address, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and given.get("method") == "post":
            self.found.append((given.get("action") or self._address, set()))
            self._inside = True
        if self._inside and (name := given.get("name")):
            self.found[-1][1].add(name)

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def changes(app: Flask) -> Iterator[tuple[str, str]]:
    """Endpoint and an address of each route that takes a POST."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            yield rule.endpoint, re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: PARTS[part[1]], rule.rule)


def form_at(app: Flask, address: str) -> type[Form]:
    with app.test_request_context():
        route = route_to(address, "POST")
        form = route and form_of(route)
    assert form, f"{address} takes no form"
    return form


def names_of(app: Flask, form: type[Form]) -> set[str]:
    with app.test_request_context():
        return {field.name for field in fields_of(form)}


def has_secret(app: Flask, form: type[Form]) -> bool:
    with app.test_request_context():
        return any(isinstance(field, Secret) for field in fields_of(form))


def is_carried(app: Flask, endpoint: str) -> bool:
    return getattr(app.view_functions[endpoint], KEEPS, False)


def test_every_change_names_its_form_and_a_form_without_fields_says_why(door: Flask) -> None:
    assert [endpoint for endpoint, _ in changes(door) if not hasattr(door.view_functions[endpoint], FORM)] == []
    for endpoint, address in changes(door):
        form = form_at(door, address)
        assert bool(names_of(door, form)) != issubclass(form, ButtonForm), endpoint
        assert not issubclass(form, ButtonForm) or form.because, endpoint
        assert not is_carried(door, endpoint) or form.act, endpoint


@pytest.fixture
def pages(
    door: Flask, db: Database, settings: Settings, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str]]:
    """Address and text of pages on which each form stands."""
    mssi = signed_in(door.test_client(), "mssi", name="claude")
    a_session(db, mssi.member)
    accounts.admit(db, NewMember(name="new", display_name="New", role=StaffRole.DPO), digest("link"), FRIDAY)
    references = [an_incident(db, settings, ago=5, personal_data_answer=Tristate.NO) for _ in range(5)]
    fresh, taken, closed, hidden, held = references
    breach = an_incident(db, settings, kind="theft", personal_data_answer=Tristate.YES)
    acts.acknowledge(db, settings, taken, actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    acts.close(db, settings, closed, actor=ANNE, outcome=Outcome.RESOLVED, now=FRIDAY)
    acts.mark(db, settings, hidden, actor=ANNE, hidden_as=HiddenAs.TEST, now=FRIDAY)
    holds.place(db, report_status.get(db, held), HoldReason.OTHER, actor="anne", now=FRIDAY)
    presence.record_absence(db, settings, "manager", FRIDAY, FRIDAY + timedelta(hours=1), actor=ANNE, now=FRIDAY)
    db.execute("UPDATE deliveries SET state = 'held', attempts = 1 WHERE state = 'queued'")
    db.conn.commit()
    shown = [f"/reports/{reference}" for reference in (*references, breach)]
    lists = (
        "/",
        "/search",
        "/account",
        "/account/second-factor",
        "/sessions",
        "/absences",
        "/breaches",
        f"/reports/{breach}/breach",
        "/on-behalf/siege/virus",
        f"/lines/{fresh}",
    )
    told = [(address, mssi.opens(address).text) for address in (*shown, *lists)]
    told += [(address, door.test_client().get(address).text) for address in ("/sign-in", "/first-password/link")]
    told += second_steps(door, db, monkeypatch)
    monkeypatch.setattr(keyring, "reading", lambda: keyring.Closed.LOCKED)
    return [*told, ("/unlock", mssi.opens("/unlock").text)]


def second_steps(door: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Pages that follow a right password, for somebody with a passkey."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    hashed = CHEAP.hash(PASSWORD)
    zoe = a_member(db, name="zoe", password_hash=hashed)
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = bytes(AttestedCredentialData.create(bytes(16), b"id", key))
    new = NewPasskey(credential=credential, host="localhost", counter=0)
    second_factors.add_passkey(db, zoe, new, clock.now(), only_first=True)
    asked = door.test_client().post("/sign-in", data={"name": "zoe", "password": PASSWORD})
    client = door.test_client()
    client.set_cookie("kiosk", session := a_session(db, zoe, password_hash=hashed))
    person = Colleague(client, zoe, session)
    later = [person.sends("/account/second-factor", act=act, current=PASSWORD) for act in ("add", "codes")]
    pages = [person.opens(answer.location) if answer.location else answer for answer in later]
    return [("/sign-in", asked.text), *(("/account/second-factor", page.text) for page in pages)]


def test_every_field_on_a_page_belongs_to_the_form_of_its_route(door: Flask, pages: list[tuple[str, str]]) -> None:
    seen = set()
    for address, page in pages:
        for action, names in PostedForms(page, address).found:
            with door.test_request_context():
                route = route_to(action, "POST")
            assert route, f"{address} holds a form for {action}"
            seen.add(route.endpoint)
            assert names - names_of(door, form_at(door, action)) <= {"csrf"}, (address, action)
    assert {endpoint for endpoint, _ in changes(door)} - seen - ON_NO_PAGE == set()


def test_every_field_is_carried_through_the_sign_in(door: Flask) -> None:
    carried = [address for endpoint, address in changes(door) if is_carried(door, endpoint)]
    for address in carried:
        names = names_of(door, form_at(door, address))
        sent = {name: f"{name} : ce qui a été écrit" for name in names} | {"csrf": "of before", "none": "of no form"}
        answer = door.test_client().post(address, data=sent)
        assert answer.status_code == 403, address
        found = re.search(r'name="stale" value="([^"]*)"', answer.text)
        assert found, address
        kept = json.loads(html.unescape(found[1]))
        assert kept["action"] == address
        assert dict(kept["fields"]) == {name: sent[name] for name in names}


def test_no_password_is_carried(door: Flask) -> None:
    secret = {endpoint for endpoint, address in changes(door) if has_secret(door, form_at(door, address))}
    account = {"account.change_password", "account.end_session", "own_factors.change"}
    assert secret == {"sign_in.sign_in", "unlock.unlock", "first_password.choose", *account}
    assert [endpoint for endpoint in secret if is_carried(door, endpoint)] == []
