"""A POST of the console that succeeds leads elsewhere: a browser keeps the body of one that a page answers."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.one_time import LIFETIME
from kiosk.domain.roles import StaffRole
from kiosk.store.keys import token_digests
from kiosk.store.keys.token_digests import keyed
from kiosk.store.staff import accounts, passwords, second_factors
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import keyring
from kiosk.web.staff.shared.forms import ButtonForm
from tests.incident import an_incident
from tests.staff import a_member, a_session
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import FRIDAY, words_of
from tests.web.console.test_forms import changes, form_at
from tests.web.console.test_on_behalf import TOLD
from tests.web.second_factor.two_steps import CHEAP, PASSWORD, SECRET, code_at, shown_secret

TYPED = {"description": "Un ordinateur a disparu", **TOLD}
# Endpoints whose success is a page of its own, and why that is borne.
SHOWN_AT_ONCE = {
    "sign_in.sign_in": "asks for the second step; a browser keeps no body with a password in it",
    "first_password.choose": "the same",
    "own_factors.change": "the same, when an app is added",
    "second_factor.go_on": "shows a form that came too late: what was typed must outlast a reload",
    "on_behalf.questions": "answers the script of the page",
    "search.look": "a way back to what was found; the words stay in the browser until it forgets the page",
}
# They end as second_factor.code and set_up.app do, but need an authenticator: tests/browser/test_second_factor.py.
BY_PASSKEY = {"second_factor.passkey", "set_up.passkey"}


class World:
    """Sends each form with what makes it succeed."""

    def __init__(self, door: Flask, db: Database, settings: Settings, signed_in: SignIn) -> None:
        self.door, self.db, self.settings = door, db, settings
        self.mila = signed_in(door.test_client(), "mssi", name="mila")
        self.zoe = a_member(db, "mssi", name="zoe", password_hash=CHEAP.hash(PASSWORD))
        self.person = Colleague(door.test_client(), self.zoe, a_session(db, self.zoe, password_hash=self.hashed))
        self.person.client.set_cookie("kiosk", self.person.key)

    @property
    def hashed(self) -> str:
        return str(self.db.execute("SELECT password_hash FROM staff WHERE name = 'zoe'").fetchone()[0])

    def on_report(self, verb: str, **fields: str) -> TestResponse:
        reference = an_incident(self.db, self.settings, ago=5, personal_data_answer=Tristate.NO)
        return self.mila.sends(f"/reports/{reference}/{verb}", **fields)

    def on_line(self, verb: str, **fields: str) -> TestResponse:
        """Of two similar reports."""
        reference, _ = (an_incident(self.db, self.settings, kind="other", ago=5) for _ in range(2))
        seen = re.search(r'name="seen" value="(\d+)"', self.mila.opens(f"/lines/{reference}").text)
        assert seen
        return self.mila.sends(f"/lines/{reference}/{verb}", seen=seen[1], **fields)

    def saves_a_breach(self) -> TestResponse:
        reference = an_incident(self.db, self.settings, kind="theft", personal_data_answer=Tristate.YES)
        address = f"/reports/{reference}/breach"
        revision = re.search(r'name="revision" value="(\w+)"', self.mila.opens(address).text)
        assert revision
        return self.mila.sends(address, revision=revision[1], circumstances="Un ordinateur a disparu")

    def takes_over(self) -> TestResponse:
        reference = an_incident(self.db, self.settings, ago=5, personal_data_answer=Tristate.NO)
        self.mila.sends(f"/reports/{reference}/acknowledge", eta="1h")
        return self.mila.sends(f"/reports/{reference}/take-over", eta="1h")

    def ends_a_session(self) -> TestResponse:
        other = a_session(self.db, self.zoe, password_hash=self.hashed)
        stored = keyed(self.db, token_digests.SESSION, digest(other))
        (number,) = self.db.execute("SELECT id FROM staff_sessions WHERE digest = ?", (stored,)).fetchone()
        return self.person.sends("/account/sessions", session=str(number), current=PASSWORD)

    def gives_a_code(self) -> TestResponse:
        client = self.door.test_client()
        second_factors.add_app(self.db, self.settings.secrets, self.zoe, SECRET, 0, FRIDAY, only_first=False)
        client.post("/sign-in", data={"name": "zoe", "password": PASSWORD})
        return client.post("/second-factor", data={"code": code_at(clock.now())})

    def adds_an_app(self) -> TestResponse:
        offered = self.person.sends("/account/second-factor", act="add", current=PASSWORD)
        return self.person.sends("/second-factor/set-up/app", code=code_at(clock.now(), shown_secret(offered)))

    def makes_codes(self) -> TestResponse:
        if not second_factors.of_member(self.db, self.zoe.id):
            second_factors.add_app(self.db, self.settings.secrets, self.zoe, SECRET, 0, FRIDAY, only_first=False)
        return self.person.sends("/account/second-factor", act="codes", current=PASSWORD)

    def chooses_a_password(self) -> TestResponse:
        accounts.admit(self.db, NewMember(name="new", display_name="N", role=StaffRole.DPO), digest("link"), FRIDAY)
        fields = dict.fromkeys(("password", "password_again"), "encore quatre mots bien choisis")
        return self.door.test_client().post("/first-password/link", data=fields)

    def changes_the_password(self) -> TestResponse:
        fields = dict.fromkeys(("password", "password_again"), "encore quatre mots bien choisis")
        return self.person.sends("/account/password", current=PASSWORD, known="no", **fields)

    def unlocks(self, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
        with monkeypatch.context() as locked:
            locked.setattr(keyring, "reading", lambda: keyring.Closed.LOCKED)
            return self.person.sends("/unlock", password=PASSWORD)


def ways(world: World) -> dict[str, Callable[[], TestResponse]]:
    """By endpoint, in an order in which each leaves what the next ones need."""
    return {
        "acts.acknowledge": lambda: world.on_report("acknowledge", eta="1h"),
        "acts.take_over": world.takes_over,
        "acts.note": lambda: world.on_report("note", note="Vu avec le gardien"),
        "acts.reply": lambda: world.on_report("reply", reply="Nous venons", submission_id=str(uuid4())),
        "acts.close": lambda: world.on_report("close", outcome="resolved", note="Fait"),
        "acts.mark": lambda: world.on_report("mark", **{"as": "test"}),
        "line_acts.acknowledge": lambda: world.on_line("acknowledge", eta="1h"),
        "line_acts.close": lambda: world.on_line("close", outcome="resolved", note="Fait", confirmed="yes"),
        "line_acts.mark": lambda: world.on_line("mark", confirmed="yes", **{"as": "test"}),
        "holds.hold": lambda: world.on_report("hold", reason="other"),
        "breach.save": world.saves_a_breach,
        "on_behalf.enter": lambda: world.mila.sends("/on-behalf/siege/theft", **TYPED),
        "absences.note": lambda: world.mila.sends(
            "/absences",
            audience="manager",
            from_date="2026-11-23",
            from_time="08:00",
            to_date="2026-11-24",
            to_time="18:00",
        ),
        "accounts.confirm": lambda: world.mila.sends(f"/accounts/{world.zoe.id}/confirm", fingerprint=""),
        "account.end_session": world.ends_a_session,
        "set_up.app": world.adds_an_app,
        "own_factors.change": world.makes_codes,
        "second_factor.code": world.gives_a_code,
        "first_password.choose": world.chooses_a_password,
        "account.change_password": world.changes_the_password,
    }


@pytest.fixture
def world(door: Flask, db: Database, settings: Settings, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    return World(door, db, settings, signed_in)


def test_what_was_typed_ends_in_a_redirect_wherever_it_succeeds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"unlock.unlock": world.unlocks(monkeypatch)}
    answers |= {endpoint: send() for endpoint, send in ways(world).items()}
    assert {endpoint: answer.status_code for endpoint, answer in answers.items() if answer.status_code != 303} == {}
    assert {name: found.location for name, found in answers.items() if "result=late" in str(found.location)} == {}


def test_every_form_with_something_typed_is_sent_or_says_why_it_is_answered_at_once(door: Flask, world: World) -> None:
    """The others are buttons: their bodies hold a token and nothing else."""
    typed = {name for name, address in changes(door) if not issubclass(form_at(door, address), ButtonForm)}
    assert typed - set(SHOWN_AT_ONCE) - BY_PASSKEY - {"unlock.unlock"} == set(ways(world)) - set(SHOWN_AT_ONCE)


@pytest.mark.parametrize("way", ["on_behalf.enter", "own_factors.change"])
def test_the_page_that_it_leads_to_is_shown_once_to_members_alone(
    world: World, door: Flask, now: Callable[..., None], way: str
) -> None:
    sender = world.mila if way == "on_behalf.enter" else world.person
    address = ways(world)[way]().location
    assert "Un ordinateur" not in address
    stranger = door.test_client().get(address)
    assert (stranger.status_code, stranger.location.partition("?")[0]) == (303, "/sign-in")
    assert sender.client.head(address).status_code == 200
    first, again = sender.opens(address), sender.opens(address)
    assert (first.status_code, again.status_code) == (200, 410)
    assert ("data-follow-up-code" if way == "on_behalf.enter" else "Vos codes de secours") in first.text
    assert "n'est plus montrée" in words_of(again)
    late = ways(world)[way]().location
    now(FRIDAY + LIFETIME + timedelta(seconds=1))
    assert sender.opens(late).status_code == 410
