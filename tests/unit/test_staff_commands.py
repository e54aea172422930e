"""Accounts from the command line, as somebody types it."""

import json
import re
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from kiosk import clock
from kiosk.cli import commands
from kiosk.commands import init, run, staff
from kiosk.config import Mail, Settings, Web
from kiosk.domain.fingerprint import fingerprint
from kiosk.domain.roles import StaffRole
from kiosk.store.instance import listen_addresses, start
from kiosk.store.staff import accounts, second_factors
from kiosk.store.staff.account_list import listed_accounts
from kiosk.store.staff.accounts import NewMember
from kiosk.store.staff.sessions import digest
from tests.build import NOON
from tests.readers import Reader, initialised
from tests.staff import a_member, a_session

LINK = re.compile(r"http://127\.0\.0\.1:8081/first-password/([\w-]{43})\n")
ANNA = NewMember(name="anna", display_name="Anna", role=StaffRole.MANAGER)


@pytest.fixture
def kiosk(tmp_path: Path) -> "Typist":
    return Typist(tmp_path / "instance")


class Typist:
    def __init__(self, instance: Path) -> None:
        self._instance = instance
        start.prepare(Settings(instance=instance), NOON).close()

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(commands, ["staff", *words], env={"KIOSK_INSTANCE": str(self._instance)})


def test_an_account_is_made_shown_given_another_link_and_shut_out(kiosk: Typist) -> None:
    added = kiosk("add", "Anna", "--role", "manager", "--site", "siege", "--display", "Anna Martin")
    assert LINK.match(added.stdout), added.output
    (listed,) = json.loads(kiosk("list", "--json").stdout)
    assert (listed["name"], listed["display_name"], listed["role"]) == ("anna", "Anna Martin", "manager")
    assert (listed["sites"], listed["state"], listed["signed_in_at"]) == (["siege"], "link sent", None)
    assert LINK.match(kiosk("password", "anna").stdout)
    assert "désactivé" in kiosk("disable", "anna").stdout
    assert re.search(r"anna +manager +siege +désactivé +jamais +Anna Martin", kiosk("list").stdout)
    assert LINK.match(kiosk("add", "anna", "--role", "dpo").stdout)
    assert re.search(r"anna +dpo +tous +lien remis +jamais +anna", kiosk("list").stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Anna Martin", "--role", "manager"), "ne convient pas"),
        (("add", "a", "--role", "manager"), "ne convient pas"),
        (
            ("add", "anna", "--role", "manager", "--site", "nord"),
            "« nord » n'est pas un site : choisissez parmi siege.",
        ),
        (("disable", "anna"), "Il n'y a pas de compte « anna »"),
        (("password", "anna"), "Il n'y a pas de compte « anna »"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(kiosk: Typist, words: tuple[str, ...], said: str) -> None:
    answer = kiosk(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stdout == ""


def test_the_link_leads_to_where_the_console_is(db: Database, settings: Settings) -> None:
    def base(settings: Settings) -> str:
        accounts.disable(db, "anna", NOON)
        return staff.add_member(db, settings, ANNA, NOON).partition("/first-password/")[0]

    assert staff.add_member(db, settings, ANNA, NOON).startswith("http://127.0.0.1:8081/first-password/")
    listen_addresses.opened(db, {listen_addresses.STAFF: "127.0.0.1:9001"}, NOON)
    assert base(settings) == "http://127.0.0.1:9001"
    listen_addresses.opened(db, {listen_addresses.STAFF: "0.0.0.0:9001"}, NOON)
    named = Settings(instance=settings.instance, web=Web(hosts=("console.example",)))
    assert base(named) == "http://console.example:9001"
    behind = Settings(instance=settings.instance, mail=Mail(console_url="https://console.example/"))
    assert base(behind) == "https://console.example"


def test_the_database_knows_only_the_digest_of_a_link(db: Database, settings: Settings) -> None:
    token = staff.add_member(db, settings, ANNA, NOON).rpartition("/")[2]
    assert accounts.member_of_link(db, digest(token), NOON)
    assert token.encode() not in settings.database.read_bytes()
    assert token not in str(list(db.execute("SELECT * FROM events")))


def test_a_new_kiosk_shows_one_link_at_each_start_until_there_is_a_password(db: Database, settings: Settings) -> None:
    first, second = staff.first_link(db, settings, NOON), staff.first_link(db, settings, NOON)
    assert first is not None
    assert second is not None
    assert accounts.member_of_link(db, digest(first.rpartition("/")[2]), NOON) is None, "the older one stopped"
    assert accounts.use_link(db, digest(second.rpartition("/")[2]), "hash", NOON)
    assert staff.first_link(db, settings, NOON) is None


def test_a_start_shows_the_link_to_a_terminal_alone_and_says_that_the_one_before_ended(
    db: Database, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run._show_first_link(db, settings)
    assert accounts.accounts(db) == []
    assert f"KIOSK_INSTANCE={settings.instance} kiosk staff add responsable --role manager" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = []
    for _ in range(2):
        run._show_first_link(db, settings)
        shown.append(capsys.readouterr().out)
    assert [(len(LINK.findall(text)), staff.FORMER_LINK in text) for text in shown] == [(1, False), (1, True)]
    a_member(db, name="zoe")
    run._show_first_link(db, settings)
    assert capsys.readouterr().out == ""


def test_another_link_says_that_the_one_before_ended(kiosk: Typist) -> None:
    kiosk("add", "anna", "--role", "manager")
    assert staff.FORMER_LINK in kiosk("password", "anna").stderr


def test_whoever_has_made_accounts_already_is_shown_none(db: Database, settings: Settings) -> None:
    staff.add_member(db, settings, ANNA, NOON)
    assert staff.first_link(db, settings, NOON) is None
    assert accounts.find(db, staff.FIRST.name) is None


def test_the_state_of_an_account_is_said(db: Database, settings: Settings) -> None:
    staff.add_member(db, settings, ANNA, NOON)
    a_member(db, "deputy", name="bruno", now=NOON)
    after = NOON + timedelta(hours=73)
    listed = listed_accounts(db, after)
    states = {row["name"]: row["state"] for row in staff.as_rows(listed)}
    assert states == {"anna": "link expired", "bruno": "active"}
    assert clock.local(NOON).strftime("%H:%M") not in staff.as_table(listed)


def test_sessions_are_shown_and_ended_from_the_command_line(kiosk: Typist, db: Database, settings: Settings) -> None:
    member = a_member(db, "mssi", name="mila", now=clock.now())
    a_session(db, member, now=clock.now())
    own = Typist(settings.instance)
    (listed,) = json.loads(own("sessions", "--json").stdout)
    assert (listed["name"], listed["role"], listed["network"]) == ("mila", "mssi", "")
    assert re.search(r"mila +mssi +inconnu", own("sessions").stdout)
    assert "sessions terminées : 1" in own("sign-out", "Mila").stdout
    assert json.loads(own("sessions", "--json").stdout) == []
    assert "Il n'y a pas de compte" in own("sign-out", "nobody").stderr


def test_a_lost_telephone_is_helped_from_the_command_line(db: Database, settings: Settings) -> None:
    anna = a_member(db, name="anna")
    second_factors.add_app(db, settings.secrets, anna, bytes(20), 0, clock.now(), only_first=True)
    answer = Typist(settings.instance)("factor", "reset", "Anna")
    assert "n'a plus de deuxième étape" in answer.stdout
    assert second_factors.of_member(db, anna.id) == []
    actions = [row[0] for row in db.execute("SELECT action FROM events")]
    assert "second_factor_reset" in actions
    assert Typist(settings.instance)("factor", "reset", "nobody").exit_code == 2


def test_at_a_terminal_the_fingerprint_is_shown_and_a_no_grants_nothing(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    zoe = Reader(db, name="zoe")
    shown = fingerprint(zoe.pair.public_key().public_bytes_raw())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    asked: list[str] = []

    def answer_no(text: str, **options: bool) -> None:
        asked.append(text)
        raise click.Abort

    monkeypatch.setattr(click, "confirm", answer_no)
    with pytest.raises(click.Abort):
        init.compare_fingerprint(db, "zoe")
    assert shown in asked[0]


@pytest.mark.parametrize(("option", "rotated"), [((), 0), (("--compromised",), 1), (("--not-compromised",), 0)])
def test_a_password_that_others_may_know_takes_the_keys_with_it(
    kiosk: Typist, tmp_path: Path, option: tuple[str, ...], rotated: int
) -> None:
    settings = Settings(instance=tmp_path / "instance")
    with start.prepare(settings, NOON) as db:
        Reader(db, name="anna")
        initialised(db, settings)
        before = db.execute("SELECT count(*) FROM site_keys").fetchone()[0]
        assert LINK.match(kiosk("password", "anna", *option).stdout)
        assert db.execute("SELECT count(*) FROM site_keys").fetchone()[0] - before == rotated


def test_the_list_shows_fingerprints_who_confirmed_them_and_what_the_trace_does_not_know(
    db: Database, settings: Settings
) -> None:
    anna = Reader(db, name="anna")
    initialised(db, settings)
    zoe = Reader(db, name="zoe")
    anna.confirms(zoe)
    Reader(db, name="eve")
    db.execute("UPDATE staff SET sites = '[\"siege\"]' WHERE name = 'eve'")
    lines = {line.split()[0]: line for line in staff.as_table(listed_accounts(db, NOON)).splitlines()}
    shown = fingerprint(zoe.pair.public_key().public_bytes_raw())
    assert re.search(rf"{shown} +anna$", lines["zoe"])
    assert "HORS TRACE" in lines["eve"]
    rows = {row["name"]: (row["confirmed_by"], row["recorded"]) for row in staff.as_rows(listed_accounts(db, NOON))}
    assert rows == {"anna": ("kiosk", True), "zoe": ("anna", True), "eve": (None, False)}
