"""Who may read what at the console, from `kiosk init` on: newcomers, restarts, passwords, the end of a session."""

import re
import secrets
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.commands import init as desk
from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.roles import StaffRole
from kiosk.errors import NotConfirmed
from kiosk.store.base.connection import immediate
from kiosk.store.keys import password_wrap, reader_keys, site_keys
from kiosk.store.keys.token_digests import SESSION, keyed
from kiosk.store.staff import accounts, passwords
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import digest
from kiosk.web.staff.access import unlocked_keys
from tests.build import erase_unasked
from tests.incident import an_incident
from tests.staff import a_member, a_session
from tests.web.colleague import Colleague

PASSWORD, ANOTHER, MARKER = "quatre mots bien choisis", "cinq autres mots encore meilleurs", "MARKER-4711"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    monkeypatch.setattr(password_wrap, "MEMORY", 64)


@pytest.fixture
def door(db: Database, settings: Settings) -> Flask:
    return staff_app(settings)


@pytest.fixture
def reference(db: Database, settings: Settings) -> str:
    return an_incident(db, settings, description=MARKER)


def newcomer(door: Flask, db: Database, name: str, role: str = "manager", *, sites: tuple[str, ...] = ()) -> Colleague:
    """Somebody who chooses a password by a link."""
    token, browser = secrets.token_urlsafe(), door.test_client()
    new = NewMember(name=name, display_name=name.title(), role=StaffRole(role), sites=sites)
    accounts.admit(db, new, digest(token), clock.now())
    fields = {"password": PASSWORD, "password_again": PASSWORD}
    assert browser.post(f"/first-password/{token}", data=fields).status_code == 303
    return colleague(browser, db, name)


def colleague(browser: FlaskClient, db: Database, name: str) -> Colleague:
    account, cookie = accounts.find(db, name), browser.get_cookie("kiosk")
    assert account
    assert cookie
    return Colleague(browser, account.member, cookie.value)


def signs_in(door: Flask, db: Database, name: str, password: str = PASSWORD) -> Colleague:
    browser = door.test_client()
    assert browser.post("/sign-in", data={"name": name, "password": password}).status_code == 303
    return colleague(browser, db, name)


def init(db: Database, settings: Settings) -> None:
    assert desk.split_keys(db, settings, lambda text: None, clock.now())


def reads(who: Colleague, reference: str) -> bool:
    return MARKER in who.opens(f"/reports/{reference}").text


def searches(who: Colleague) -> str:
    return who.sends("/search", words=MARKER).text


def test_who_was_signed_in_reads_on_and_who_signs_in_afterwards_reads_too(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    assert reads(anna, reference)
    init(db, settings)
    again = signs_in(door, db, "anna")
    for who in (anna, again):
        assert reads(who, reference)
        assert "1 signalement trouvé" in searches(who)
        who.sends(f"/reports/{reference}/note", note="Note MARKER-NOTE")
        assert "Note MARKER-NOTE" in who.opens(f"/reports/{reference}").text
        assert MARKER in who.sends(f"/reports/{reference}/export/file").text


def test_an_account_from_before_gets_its_keys_when_it_signs_in(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    a_member(db, "manager", name="anna", password_hash=CHEAP.hash(PASSWORD))
    init(db, settings)
    assert site_keys.key_file(settings.secrets, "siege").exists()
    anna = signs_in(door, db, "anna")
    assert not site_keys.key_file(settings.secrets, "siege").exists()
    assert reads(anna, reference)


def test_a_newcomer_is_told_why_and_reads_once_a_colleague_is_there(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    newcomer(door, db, "anna")
    init(db, settings)
    zoe = newcomer(door, db, "zoe", "deputy")
    page = zoe.opens(f"/reports/{reference}").text
    assert MARKER not in page
    assert "Vous ne pouvez pas encore lire" in page
    for untrue in ("Déjà fait", "Joint par téléphone", "Aucun contact laissé", "Aucune description"):
        assert untrue not in page
    assert "un collègue doit d&#39;abord vous confirmer" in zoe.opens("/account").text.replace("'", "&#39;")
    assert "1 n'a pu être ouvert" in searches(zoe)
    assert "ne vous est pas encore ouvert" in zoe.sends(f"/reports/{reference}/export/page").text
    assert zoe.sends(f"/reports/{reference}/acknowledge", eta="1h").status_code == 303
    anna = signs_in(door, db, "anna")
    assert not reads(zoe, reference), "nobody has compared the fingerprint"
    shown = groups_on(zoe.opens("/account").text)
    assert shown == groups_on(anna.opens("/accounts").text)
    assert confirms(anna, zoe, fingerprint="-".join(shown)) == "/accounts?result=confirmed"
    assert reads(zoe, reference)
    assert "pas encore ouverte" not in zoe.opens("/account").text
    assert "par Anna" in zoe.opens("/account").text
    told = "SELECT actor, detail ->> 'account' FROM events WHERE action IN ('key_confirmed', 'key_granted')"
    assert db.execute(f"{told} AND actor = 'anna'").fetchall() == [("anna", "zoe")] * 2


def groups_on(page: str) -> list[str]:
    """The first fingerprint of somebody to be confirmed, or one's own."""
    return re.findall(r"<span>([0-9A-Z]{4})</span>", page)[:4]


def confirms(who: Colleague, whom: Colleague, *, fingerprint: str | None = None) -> str:
    given = fingerprint or "-".join(groups_on(whom.opens("/account").text))
    answer = who.sends(f"/accounts/{whom.member.id}/confirm", fingerprint=given)
    return str(answer.location or answer.status_code)


def test_a_colleague_who_was_confirmed_gets_what_others_hold_within_a_minute(
    door: Flask, db: Database, settings: Settings, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    zoe = newcomer(door, db, "zoe")
    with immediate(db):
        (reader,) = [each for each in reader_keys.readers(db) if each.name == "zoe"]
        reader_keys.confirm(db, reader, clock.now(), by="recovery")
    assert not reads(zoe, reference)
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    anna.opens("/", headers={"HX-Request": "true"})
    assert not reads(zoe, reference), "a page that asks by itself is nobody's act"
    anna.opens("/")
    assert reads(zoe, reference)


def test_a_disk_that_takes_no_grant_keeps_nobody_from_reading(
    door: Flask, db: Database, settings: Settings, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    def refuse(*rest: object, **more: object) -> int:
        raise NotConfirmed("full")

    monkeypatch.setattr("kiosk.store.keys.grants.grant_waiting", refuse)
    assert reads(anna, reference)


def test_after_a_restart_lists_go_on_and_reading_asks_for_the_password(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    restarted = staff_app(settings).test_client()
    restarted.set_cookie("kiosk", anna.key)
    anna = Colleague(restarted, anna.member, anna.key)
    assert reference in anna.opens("/").text
    page = anna.opens(f"/reports/{reference}").text
    assert MARKER not in page
    assert f'href="/unlock?next=/reports/{reference}"' in page
    assert 'href="/unlock?next=/search"' in searches(anna)
    assert f'value="{MARKER}"' in searches(anna), "what was looked for is not to be typed again"
    assert anna.sends(f"/reports/{reference}/note", note="Serrurier appelé").status_code == 303, "nothing typed is lost"
    for way in ("file", "page"):
        first = anna.sends(f"/reports/{reference}/export/{way}")
        assert (first.status_code, first.location) == (303, f"/unlock?next=/reports/{reference}")
    assert "Déverrouiller" in anna.opens(f"/unlock?next=/reports/{reference}").text
    wrong = anna.sends("/unlock", password="un autre mot de passe", next=f"/reports/{reference}")
    assert wrong.status_code == 422
    assert "Ce n'est pas votre mot de passe" in wrong.text.replace("&#39;", "'")
    assert not reads(anna, reference)
    right = anna.sends("/unlock", password=PASSWORD, next=f"/reports/{reference}")
    assert (right.status_code, right.location) == (303, f"/reports/{reference}")
    assert reads(anna, reference)
    assert "Serrurier appelé" in anna.opens(f"/reports/{reference}").text
    assert anna.opens("/unlock?next=/account").location == "/account"


def test_after_a_restart_no_empty_form_overwrites_the_file_on_a_breach(
    door: Flask, db: Database, settings: Settings
) -> None:
    """Also when the report's own words are erased, so that no key is wanted for them."""
    reference = an_incident(db, settings, kind="theft", personal_data_answer=Tristate.YES)
    dora = newcomer(door, db, "dora", role="dpo")
    init(db, settings)
    path = f"/reports/{reference}/breach"
    assert dora.sends(path, revision="0", measures_after=MARKER).status_code == 303
    erase_unasked(db, "UPDATE reports SET content = NULL, contact = NULL")
    assert MARKER in dora.opens(path).text
    restarted = staff_app(settings).test_client()
    restarted.set_cookie("kiosk", dora.key)
    dora = Colleague(restarted, dora.member, dora.key)
    page = dora.opens(path).text
    assert (MARKER in page, "Enregistrer le dossier" in page) == (False, False)
    assert f'href="/unlock?next={path}"' in page
    for way, back in ((f"{path}/file", path), (f"{path}/page", path), ("/breaches/csv", "/breaches")):
        first = dora.sends(way)
        assert (first.status_code, first.location) == (303, f"/unlock?next={back}")
    dora.sends("/unlock", password=PASSWORD, next=path)
    assert MARKER in dora.opens(path).text
    assert MARKER in dora.sends(f"{path}/file").text


def test_whoever_guesses_at_an_open_session_waits(
    door: Flask, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)  # on a busy machine the wait would be over before the next guess
    anna = newcomer(door, db, "anna")
    init(db, settings)
    answers = [anna.sends("/unlock", password="faux", next="https://evil.example/") for _ in range(8)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "evil" not in answers[0].text


def held(door: Flask, who: Colleague) -> bool:
    with door.app_context():
        return unlocked_keys.of_app().get(digest(who.key), clock.now()) is not None


def test_whoever_knows_the_password_may_give_it_as_often_as_the_kiosk_restarts(
    door: Flask, db: Database, settings: Settings
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    for _ in range(12):
        with door.app_context():
            unlocked_keys.of_app().forget_member(anna.member.id)
        assert anna.sends("/unlock", password=PASSWORD).status_code == 303


@pytest.mark.parametrize("way", ["sign-out", "revoked", "password", "idle", "eight hours", "replaced"])
def test_the_keys_are_forgotten_with_the_session(
    door: Flask, db: Database, settings: Settings, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = newcomer(door, db, "anna")
    other = signs_in(door, db, "anna")
    assert held(door, anna)
    if way == "sign-out":
        anna.sends("/sign-out")
    elif way == "revoked":
        key = keyed(db, SESSION, digest(anna.key))
        number = db.execute("SELECT id FROM staff_sessions WHERE digest = ?", (key,)).fetchone()[0]
        other.sends("/account/sessions", session=number, current=PASSWORD)
    elif way == "password":
        other.sends("/account/password", current=PASSWORD, password=ANOTHER, password_again=ANOTHER)
    elif way == "replaced":
        anna.client.post("/sign-in", data={"name": "anna", "password": PASSWORD})
    else:
        later = clock.now() + (timedelta(hours=8) if way == "eight hours" else timedelta(minutes=31))
        monkeypatch.setattr(clock, "now", lambda: later)
    assert not held(door, anna)


def test_whoever_is_shut_out_at_the_command_line_reads_nothing_from_that_moment(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    assert reads(anna, reference)
    accounts.disable(db, "anna", clock.now())
    assert anna.opens(f"/reports/{reference}").location == f"/sign-in?next=/reports/{reference}"
    assert not held(door, anna)


def test_a_console_that_nobody_uses_any_more_forgets_by_itself(
    door: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = newcomer(door, db, "anna")
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with door.app_context():
        of_app = unlocked_keys.of_app()
    assert digest(anna.key) in of_app._held
    of_app.sweep()
    assert of_app._held == {}


def test_ones_own_new_password_opens_the_same_keys(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    before = reader_keys.current(db, anna.member.id)
    changed = anna.sends("/account/password", current=PASSWORD, password=ANOTHER, password_again=ANOTHER)
    assert changed.status_code == 303
    assert reads(colleague(anna.client, db, "anna"), reference)
    assert reads(signs_in(door, db, "anna", ANOTHER), reference)
    after = reader_keys.current(db, anna.member.id)
    assert before
    assert after
    assert (after.public_key, after.wrapped != before.wrapped) == (before.public_key, True)


def test_a_password_change_that_breaks_off_leaves_the_old_one_and_its_keys(
    door: Flask, db: Database, settings: Settings, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)

    def broken(*rest: object) -> bool:
        raise NotConfirmed("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(reader_keys, "rewrap", broken)
        failed = anna.sends("/account/password", current=PASSWORD, password=ANOTHER, password_again=ANOTHER)
    assert failed.status_code == 503
    assert reads(signs_in(door, db, "anna"), reference)


def test_the_door_tells_no_key_and_no_password(
    door: Flask, db: Database, settings: Settings, reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that do not open are said in the log, by the number of the account."""
    newcomer(door, db, "anna")
    init(db, settings)
    db.execute("UPDATE staff_keys SET wrapped = ?", (b"\x01" + bytes(76),))
    anna = signs_in(door, db, "anna")
    assert "redonnez votre mot de passe" in anna.opens(f"/reports/{reference}").text
    assert "do not open" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_wrong_password_costs_one_hash_and_unwraps_nothing(
    door: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer(door, db, "anna")
    monkeypatch.setattr(password_wrap, "_key", lambda *rest: pytest.fail("a second hash"))
    assert door.test_client().post("/sign-in", data={"name": "anna", "password": ANOTHER}).status_code == 403


def test_whoever_reads_nothing_gets_no_keys(door: Flask, db: Database, settings: Settings) -> None:
    ugo = newcomer(door, db, "ugo", "authorised")
    init(db, settings)
    assert reader_keys.current(db, ugo.member.id) is None
    assert ugo.opens("/unlock").status_code == 403
    assert "Lecture" not in ugo.opens("/account").text


def test_a_session_without_keys_reads_nothing(door: Flask, db: Database, settings: Settings, reference: str) -> None:
    """Somebody who can write to the database makes themselves a session: that is not enough."""
    newcomer(door, db, "anna")
    init(db, settings)
    member, browser = a_member(db, "mssi"), door.test_client()
    browser.set_cookie("kiosk", a_session(db, member))
    assert MARKER not in browser.get(f"/reports/{reference}").text
