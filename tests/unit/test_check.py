import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.commands import check
from kiosk.config import Mail, Security, Settings, Site, Smtp, Staff, Web
from kiosk.domain import disk_room
from kiosk.store.base import heartbeat
from kiosk.store.instance import listen_addresses
from kiosk.store.outbox import outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.staff import accounts
from kiosk.store.watch import health
from kiosk.watch import check as check_command
from tests.build import NOON, claim, store
from tests.staff import a_member


def with_relay(settings: Settings, host: str = "127.0.0.1", security: Security = Security.NONE) -> Settings:
    return dataclasses.replace(settings, smtp=Smtp(host=host, security=security))


def words(db: Database, settings: Settings, minutes: int = 0) -> set[str]:
    return {each.code for each in health.pulse(db, settings, NOON + timedelta(minutes=minutes)).troubles}


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
    assert words(db, settings) == {"relay_none"}
    relay.relay_failed(db, state="refused", reply="535 no", next_try_at=NOON, now=NOON)
    assert words(db, with_relay(settings)) == {"relay_refused"}


def test_a_wrong_clock_is_red(db: Database, settings: Settings) -> None:
    beat(db)
    db.execute("UPDATE clock_marks SET off_by = -3600")
    assert words(db, with_relay(settings)) == {"clock"}


def test_a_disk_that_fills_is_red(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(db)
    monkeypatch.setattr(disk_room, "RESERVE", 1 << 62)
    assert words(db, with_relay(settings)) == {"disk"}


def test_every_problem_has_something_to_do(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store(db)
    outcomes.record_held(db, claim(db), Ending("refused", "rcpt", "550 no"), NOON)
    monkeypatch.setattr(disk_room, "RESERVE", 1 << 62)
    db.execute("UPDATE clock_marks SET off_by = -3600")
    found = check_command.find_troubles(db, settings, NOON - timedelta(hours=1))
    assert check.is_red(found)
    told = check.as_report(found)
    for expected in ("Aucun relais", "Responsable d'immeuble", "clé privée", "L'envoi", "L'horloge", "Mio libres,"):
        assert expected in told
    assert told.count("\n        → ") == len(found) == len(re.findall("^(ROUGE |ORANGE)  ", told, re.MULTILINE))


def test_programs_read_the_colour_and_the_code(db: Database, settings: Settings) -> None:
    told = check.as_json(check_command.find_troubles(db, settings, NOON))
    assert told["red"]
    assert {"code", "colour", "what", "action"} == set(told["problems"][0])
    assert {"relay_none": "red", "backup_none": "amber"}.items() <= {
        each["code"]: each["colour"] for each in told["problems"]
    }.items()


def test_a_kind_of_incident_that_is_misspelt_is_red_because_nobody_would_be_told(
    db: Database, settings: Settings
) -> None:
    misspelt = dataclasses.replace(settings.audiences[0], kinds=("lost-access", "theft"))
    found = check_command.find_troubles(db, dataclasses.replace(settings, audiences=(misspelt,)), NOON)
    assert [each.sentence for each in found if "« lost-access »" in each.sentence]
    assert not [each.sentence for each in found if "« theft »" in each.sentence]


def test_a_site_that_nobody_answers_for_is_red(db: Database, settings: Settings) -> None:
    annexe = Site(id="annexe", name="Annexe")
    with_two = dataclasses.replace(settings, sites=(*settings.sites, annexe))
    assert "Personne ne répond d'un site" not in said(db, with_two, "red")
    elsewhere = tuple(dataclasses.replace(audience, sites=("siege",)) for audience in settings.audiences)
    unserved = dataclasses.replace(with_two, audiences=elsewhere)
    told = [line for line in said(db, unserved, "red").splitlines() if "Personne ne répond d'un site" in line]
    assert [line.partition(" : ")[2] for line in told] == ['« Annexe » (id = "annexe").']


def test_mails_without_a_link_to_the_console_are_amber(db: Database, settings: Settings) -> None:
    assert "l'adresse de la console" in said(db, settings, "amber")
    linked = dataclasses.replace(settings, mail=Mail(console_url="https://console.example"))
    assert "l'adresse de la console" not in said(db, linked, "amber")


def test_what_anybody_may_ask_does_not_repeat_the_relays_words(db: Database, settings: Settings) -> None:
    relay.relay_failed(db, state="down", reply="10.1.2.3: connection refused", next_try_at=NOON, now=NOON)
    assert "10.1.2.3" not in str(health.pulse(db, with_relay(settings), NOON).as_json(with_words=False))


def test_mails_in_clear_to_another_machine_are_red(db: Database, settings: Settings) -> None:
    found = check_command.find_troubles(db, with_relay(settings, "relay.example"), NOON)
    assert any("circulent en clair" in each.sentence for each in found)
    found = check_command.find_troubles(db, with_relay(settings, "relay.example", Security.TLS), NOON)
    assert not any("circulent en clair" in each.sentence for each in found)


def test_secrets_that_others_can_read_are_red(db: Database, settings: Settings) -> None:
    settings.database.chmod(0o644)
    found = check_command.find_troubles(db, settings, NOON)
    assert any("peut être lu par d'autres" in each.sentence for each in found)


def test_a_lost_private_key_is_red(db: Database, settings: Settings) -> None:
    (settings.secrets / "site-siege.key").unlink()
    found = check_command.find_troubles(db, settings, NOON)
    assert any("manque : les signalements" in each.sentence for each in found)


def test_missing_browser_files_are_red(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_command, "static_folder", lambda: tmp_path)
    assert any("fichiers du navigateur" in each.sentence for each in check_command.find_troubles(db, settings, NOON))


def said(db: Database, settings: Settings, colour: str) -> str:
    return "\n".join(
        each.sentence for each in check_command.find_troubles(db, settings, NOON) if each.trouble.colour == colour
    )


@pytest.mark.parametrize(("address", "red"), [("127.0.0.1:8081", False), ("[::1]:1", False), ("0.0.0.0:8081", True)])
def test_passwords_that_travel_in_clear_are_red(db: Database, settings: Settings, address: str, red: bool) -> None:
    listen_addresses.opened(db, {listen_addresses.STAFF: address}, NOON)
    assert ("Les mots de passe circulent en clair" in said(db, settings, "red")) == red
    behind_tls = dataclasses.replace(settings, staff=Staff(tls=True))
    assert "Les mots de passe circulent en clair" not in said(db, behind_tls, "red")
    assert "serveur mandataire placé devant" in said(db, behind_tls, "amber")
    told = dataclasses.replace(behind_tls, web=Web(proxy="127.0.0.1"))
    assert "serveur mandataire placé devant" not in said(db, told, "amber")


def test_a_console_that_nobody_can_enter_is_amber(db: Database, settings: Settings) -> None:
    assert "Personne ne peut ouvrir la console" in said(db, settings, "amber")
    a_member(db, name="anna")
    assert "Personne ne peut ouvrir la console" not in said(db, settings, "amber")
    accounts.disable(db, "anna", NOON)
    assert "Personne ne peut ouvrir la console" in said(db, settings, "amber")


def test_a_trace_that_was_changed_a_moment_ago_is_red_although_nobody_has_watched_yet(
    db: Database, settings: Settings
) -> None:
    store(db)
    db.execute("DROP TRIGGER events_are_never_rewritten")
    db.execute("UPDATE events SET actor = 'somebody else' WHERE id = 1")
    said = [each.sentence for each in check_command.find_troubles(db, settings, NOON)]
    assert "La trace des actes a été modifiée ou endommagée : événement 1." in said
    assert any("le déclencheur events_are_never_rewritten manque" in what for what in said)
