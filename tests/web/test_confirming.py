"""A colleague compares a newcomer's fingerprint and confirms it; nobody else and nothing else gets keys."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Flask
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings
from kiosk.store.keys import password_wrap, site_keys
from kiosk.store.staff import passwords
from kiosk.web.staff.access import unlocked_keys
from tests.incident import an_incident
from tests.web.test_reading_keys import (
    ANOTHER,
    CHEAP,
    MARKER,
    PASSWORD,
    colleague,
    confirms,
    groups_on,
    init,
    newcomer,
    reads,
    signs_in,
)


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


def test_nobody_confirms_themselves_another_fingerprint_or_more_than_they_read(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    zoe, eve = newcomer(door, db, "zoe"), newcomer(door, db, "eve", "mssi")
    nord = newcomer(door, db, "nora", sites=("nord",))
    assert "C&#39;est vous" in eve.opens("/accounts").text.replace("'", "&#39;")
    assert "C'est la même" not in eve.opens("/accounts").text.replace("&#39;", "'"), "nobody has confirmed her either"
    for who, whom, given, result in (
        (eve, eve, None, "unable"),
        (eve, zoe, None, "unable"),
        (nord, zoe, None, "unable"),
        (anna, zoe, "0000-0000-0000-0000", "changed"),
        (anna, zoe, "-".join(groups_on(eve.opens("/account").text)), "changed"),
    ):
        assert confirms(who, whom, fingerprint=given) == f"/accounts?result={result}"
    assert not reads(zoe, reference)
    assert not reads(eve, reference)
    assert confirms(anna, nord) == "/accounts?result=confirmed"
    assert confirms(nord, zoe) == "/accounts?result=unable", "only for the sites that they read"


def test_a_planted_account_stands_on_the_page_and_cannot_be_confirmed(
    door: Flask, db: Database, settings: Settings, reference: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    pair = X25519PrivateKey.generate().public_key().public_bytes_raw()
    at = clock.to_text(clock.now())
    db.execute("INSERT INTO staff VALUES (99, 'eve', 'Anna', 'mssi', '[]', 'a hash', 1, ?, NULL)", (at,))
    db.execute("INSERT INTO staff_keys VALUES (99, 99, ?, x'01', ?, NULL)", (pair, at))
    db.conn.commit()
    page = anna.opens("/accounts").text
    assert "La trace ne connaît pas ce compte" in page
    assert "accounts/99/confirm" not in page
    answer = anna.sends("/accounts/99/confirm", fingerprint="-".join(groups_on(page)))
    assert answer.location == "/accounts?result=unable"
    assert db.execute("SELECT count(*) FROM key_grants WHERE staff_key_id = 99").fetchone() == (0,)


def test_after_a_restart_the_page_of_accounts_asks_for_the_password_first(
    door: Flask, db: Database, settings: Settings
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    zoe = newcomer(door, db, "zoe")
    with door.app_context():
        unlocked_keys.of_app().forget_member(anna.member.id)
    assert "Redonnez d&#39;abord" in anna.opens("/accounts").text.replace("'", "&#39;")
    assert confirms(anna, zoe) == "/unlock?next=/accounts"


@pytest.mark.parametrize("known", ["yes", "no"])
def test_a_password_that_somebody_else_knew_leaves_with_its_keys(
    door: Flask, db: Database, settings: Settings, reference: str, known: str
) -> None:
    anna = newcomer(door, db, "anna")
    init(db, settings)
    before, site_key = groups_on(anna.opens("/account").text), site_keys.site_key(db, "siege")
    changed = anna.sends("/account/password", current=PASSWORD, password=ANOTHER, password_again=ANOTHER, known=known)
    assert changed.status_code == 303
    anna = colleague(anna.client, db, "anna")
    renewed = known == "yes"
    assert (groups_on(anna.opens("/account").text) != before) == renewed
    assert (site_keys.site_key(db, "siege") != site_key) == renewed
    later = an_incident(db, settings, description=MARKER)
    for who in (anna, signs_in(door, db, "anna", ANOTHER)):
        assert reads(who, reference)
        assert reads(who, later)
