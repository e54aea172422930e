import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.commands import check
from kiosk.config import Mail, Security, Settings, Site, Smtp, Staff, Web
from kiosk.domain.troubles import PROBLEMS
from kiosk.store.base import heartbeat
from kiosk.store.instance import listen_addresses
from kiosk.store.outbox import outcomes, relay
from kiosk.store.outbox.outcomes import Ending
from kiosk.store.staff import accounts
from kiosk.store.watch import health
from kiosk.watch import check as check_command
from kiosk.watch.troubles import pulse_codes
from tests.build import NOON, claim, store
from tests.staff import a_member


def with_relay(settings: Settings, host: str = "127.0.0.1", security: Security = Security.NONE) -> Settings:
    return dataclasses.replace(settings, smtp=Smtp(host=host, security=security))


def words(db: Database, settings: Settings, minutes: int = 0) -> set[str]:
    return set(health.pulse(db, settings, NOON + timedelta(minutes=minutes)).problems)


def beat(db: Database, minutes: int = 0) -> None:
    heartbeat.beat(db, health.FORWARDER, 1, NOON + timedelta(minutes=minutes))


def test_all_is_well_when_the_forwarder_beats_and_nothing_waits(db: Database, settings: Settings) -> None:
    beat(db)
    assert health.pulse(db, with_relay(settings), NOON).healthy


def test_a_forwarder_that_never_ran_or_fell_silent_is_red(db: Database, settings: Settings) -> None:
    assert words(db, with_relay(settings)) == {"forwarder"}
    beat(db)
    assert words(db, with_relay(settings), minutes=2) == {"forwarder"}


def test_a_forwarder_may_take_a_moment_to_begin_but_not_a_minute(db: Database, settings: Settings) -> None:
    heartbeat.beat(db, health.PUBLIC_DOOR, 1, NOON)
    assert words(db, with_relay(settings)) == set()
    assert words(db, with_relay(settings), minutes=2) == {"forwarder"}


def test_a_delivery_that_waits_for_a_quarter_of_an_hour_is_red(db: Database, settings: Settings) -> None:
    store(db)
    beat(db, 14)
    assert words(db, with_relay(settings), 14) == set()
    beat(db, 16)
    assert words(db, with_relay(settings), 16) == {"late"}


def test_a_held_delivery_is_red_at_once(db: Database, settings: Settings) -> None:
    store(db)
    outcomes.record_held(db, claim(db), Ending("refused", "rcpt", "550 no"), NOON)
    beat(db)
    assert words(db, with_relay(settings)) == {"held"}


def test_a_missing_or_refusing_relay_is_red_even_when_nothing_waits(db: Database, settings: Settings) -> None:
    beat(db)
    assert words(db, settings) == {"relay"}
    relay.relay_failed(db, state="refused", reply="535 no", next_try_at=NOON, now=NOON)
    assert words(db, with_relay(settings)) == {"relay"}


def test_a_clock_that_went_back_is_red(db: Database, settings: Settings) -> None:
    store(db)
    beat(db, -60)
    assert "clock" in words(db, with_relay(settings), -60)


def test_a_disk_that_fills_is_red(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(db)
    monkeypatch.setattr(health, "DISK_SHORT", 1 << 62)
    assert words(db, with_relay(settings)) == {"disk"}


def test_every_problem_has_something_to_do(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store(db)
    outcomes.record_held(db, claim(db), Ending("refused", "rcpt", "550 no"), NOON)
    monkeypatch.setattr(health, "DISK_SHORT", 1 << 62)
    problems = check_command.find_problems(db, settings, NOON - timedelta(hours=1))
    assert check.is_red(problems)
    assert all(problem.what and problem.action for problem in problems)
    told = check.as_report(problems)
    for expected in ("No relay", "Responsable d'immeuble", "private key", "forwarder", "clock", "MiB"):
        assert expected in told


def test_each_problem_word_has_its_sentence() -> None:
    everything_wrong = health.Pulse(
        at=NOON,
        forwarder_silent_for=None,
        oldest_undelivered=9999,
        undelivered=1,
        held=1,
        relay="down",
        relay_reply="connection refused",
        disk_free=0,
        clock_ok=False,
        broken_event=7,
    )
    assert set(everything_wrong.problems) == set(check_command.PULSE_PROBLEMS)
    assert set(pulse_codes(everything_wrong)) <= set(PROBLEMS)


def test_a_kind_of_incident_that_is_misspelt_is_red_because_nobody_would_be_told(
    db: Database, settings: Settings
) -> None:
    misspelt = dataclasses.replace(settings.audiences[0], kinds=("lost-access", "theft"))
    problems = check_command.find_problems(db, dataclasses.replace(settings, audiences=(misspelt,)), NOON)
    assert [problem.what for problem in problems if "«lost-access»" in problem.what]
    assert not [problem.what for problem in problems if "«theft»" in problem.what]


def test_a_site_that_nobody_answers_for_is_red(db: Database, settings: Settings) -> None:
    annexe = Site(id="annexe", name="Annexe")
    with_two = dataclasses.replace(settings, sites=(*settings.sites, annexe))
    assert "Nobody on site" not in said(db, with_two, check_command.RED)
    elsewhere = tuple(dataclasses.replace(audience, sites=("siege",)) for audience in settings.audiences)
    unserved = dataclasses.replace(with_two, audiences=elsewhere)
    assert "Nobody on site answers for «Annexe»" in said(db, unserved, check_command.RED)
    assert "answers for «Siège»" not in said(db, unserved, check_command.RED)


def test_mails_without_a_link_to_the_console_are_amber(db: Database, settings: Settings) -> None:
    assert "address of the console" in said(db, settings, check_command.AMBER)
    linked = dataclasses.replace(settings, mail=Mail(console_url="https://console.example"))
    assert "address of the console" not in said(db, linked, check_command.AMBER)


def test_what_anybody_may_ask_does_not_repeat_the_relays_words(db: Database, settings: Settings) -> None:
    relay.relay_failed(db, state="down", reply="10.1.2.3: connection refused", next_try_at=NOON, now=NOON)
    assert "10.1.2.3" not in str(health.pulse(db, with_relay(settings), NOON).as_json(with_words=False))


def test_mails_in_clear_to_another_machine_are_red(db: Database, settings: Settings) -> None:
    problems = check_command.find_problems(db, with_relay(settings, "relay.example"), NOON)
    assert any("in clear" in problem.what for problem in problems)
    problems = check_command.find_problems(db, with_relay(settings, "relay.example", Security.TLS), NOON)
    assert not any("in clear" in problem.what for problem in problems)


def test_secrets_that_others_can_read_are_red(db: Database, settings: Settings) -> None:
    settings.database.chmod(0o644)
    problems = check_command.find_problems(db, settings, NOON)
    assert any("can be read by others" in problem.what for problem in problems)


def test_a_lost_private_key_is_red(db: Database, settings: Settings) -> None:
    (settings.secrets / "site-siege.key").unlink()
    problems = check_command.find_problems(db, settings, NOON)
    assert any("missing" in problem.what for problem in problems)


def test_missing_browser_files_are_red(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_command, "static_folder", lambda: tmp_path)
    assert any("browser files" in problem.what for problem in check_command.find_problems(db, settings, NOON))


def said(db: Database, settings: Settings, colour: str) -> str:
    return "\n".join(
        problem.what for problem in check_command.find_problems(db, settings, NOON) if problem.colour == colour
    )


@pytest.mark.parametrize(("address", "red"), [("127.0.0.1:8081", False), ("[::1]:1", False), ("0.0.0.0:8081", True)])
def test_passwords_that_travel_in_clear_are_red(db: Database, settings: Settings, address: str, red: bool) -> None:
    listen_addresses.opened(db, {listen_addresses.STAFF: address}, NOON)
    assert ("Passwords travel in clear" in said(db, settings, check_command.RED)) == red
    behind_tls = dataclasses.replace(settings, staff=Staff(tls=True))
    assert "Passwords travel in clear" not in said(db, behind_tls, check_command.RED)
    assert "looks like the proxy" in said(db, behind_tls, check_command.AMBER)
    told = dataclasses.replace(behind_tls, web=Web(proxy="127.0.0.1"))
    assert "looks like the proxy" not in said(db, told, check_command.AMBER)


def test_a_console_that_nobody_can_enter_is_amber(db: Database, settings: Settings) -> None:
    assert "Nobody can sign in" in said(db, settings, check_command.AMBER)
    a_member(db, name="anna")
    assert "Nobody can sign in" not in said(db, settings, check_command.AMBER)
    accounts.disable(db, "anna", NOON)
    assert "Nobody can sign in" in said(db, settings, check_command.AMBER)


def test_a_trace_that_was_changed_a_moment_ago_is_red_although_nobody_has_watched_yet(
    db: Database, settings: Settings
) -> None:
    store(db)
    db.execute("DROP TRIGGER events_are_never_rewritten")
    db.execute("UPDATE events SET actor = 'somebody else' WHERE id = 1")
    said = [problem.what for problem in check_command.find_problems(db, settings, NOON)]
    assert "The trace was found broken at event 1." in said
    assert any("«events_are_never_rewritten» is missing" in what for what in said)
