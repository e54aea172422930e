"""One report: whoever opens it knows at once what it is, who has it and what became of its mails."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.catalogue import KINDS, Tristate
from kiosk.domain.handling import Eta
from kiosk.domain.report import Contact
from kiosk.duty import acts
from kiosk.reporting import reply
from kiosk.store.base.connection import open_database
from kiosk.store.keys import site_keys
from tests.build import erase_unasked
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRAGMENT, FRIDAY, words_of

TOLD = {
    "zone": "zone-3",
    "place": "porte 214",
    "description": "La porte reste ouverte.\nUn <b>badge</b> y traîne.",
    "contact": Contact(name="Camille Exemple", company="Froid", telephone="06 11 22 33 44"),
    "already_done": "Porte surveillée",
    "ongoing": Tristate.YES,
}


@pytest.fixture
def reference(db: Database, settings: Settings, door: Flask) -> str:
    return an_incident(db, settings, "access_control_disabled", ago=5, **TOLD)


def trace(db: Database, reference: str) -> list[tuple[str, str]]:
    return db.execute("SELECT actor, action FROM events WHERE reference = ? ORDER BY id", (reference,)).fetchall()


def test_it_says_all_that_was_said(anne: Colleague, reference: str) -> None:
    page = words_of(anne.opens(f"/reports/{reference}"))
    for words in (
        "Siège · Local technique « porte 214 »",
        "Toujours en cours oui",
        "Porte surveillée",
        "La porte reste ouverte. Un <b>badge</b> y traîne.",
        "Camille Exemple",
        "06·11·22·33·44",
        KINDS["access_control_disabled"].checklist[0],
        "Personne ne s'en occupe encore",
    ):
        assert words in page
    assert "Données personnelles non" in page
    assert "Délai de 72 heures" not in page


def test_the_72_hours_are_counted_as_long_as_personal_data_is_not_excluded(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    reference = an_incident(db, settings, "theft", personal_data_answer=Tristate.UNKNOWN)
    page = words_of(anne.opens(f"/reports/{reference}"))
    assert "jusqu'au lundi 23/11/2026 à 10:00 pour notifier" in page
    assert "72 heures de la CNIL jusqu'à lundi 23/11 à 10:00, encore 72 h" in page


def test_a_text_from_right_to_left_is_shown_so_and_no_text_turns_another_round(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    reference = an_incident(db, settings, language="ar", description="الباب مفتوح \u202eno")
    page = anne.opens(f"/reports/{reference}").text
    assert '<blockquote class="quote" lang="ar" dir="rtl">الباب مفتوح ⟨U+202E⟩no</blockquote>' in page


def test_reading_is_an_act_of_its_own_noted_once_in_ten_minutes(
    db: Database, anne: Colleague, reference: str, now: Callable[[datetime], None]
) -> None:
    for minutes in (0, 1, 9, 11):
        now(FRIDAY + timedelta(minutes=minutes))
        assert anne.opens(f"/reports/{reference}").status_code == 200
    assert trace(db, reference).count(("anne", "report_read")) == 2
    assert db.execute("SELECT state FROM reports").fetchone() == ("open",), "opening takes nothing"


def test_an_open_page_reads_nothing_by_itself_and_is_told_when_something_happens(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    page = anne.opens(f"/reports/{reference}").text
    found = re.search(r'hx-get="(/reports/[^"]+/status[^"]+)"', page)
    assert found
    assert anne.opens(found[1], headers=FRAGMENT).status_code == 204
    acts.acknowledge(db, settings, reference, actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    told = anne.opens(found[1], headers=FRAGMENT)
    assert "Vous vous en occupez" in words_of(told)
    assert 'id="history"' in told.text
    assert trace(db, reference).count(("anne", "report_read")) == 1


def test_it_tells_everything_that_happened_in_french_with_names_and_words(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    anne.sends(f"/reports/{reference}/acknowledge", eta="1h")
    anne.sends(f"/reports/{reference}/note", note="Serrurier appelé")
    reply.reply(db, reference, "Merci, nous arrivons.", actor=ANNE, now=FRIDAY)
    page = words_of(anne.opens(f"/reports/{reference}"))
    thread = page.partition("Ce qui s'est passé")[2]
    for words in (
        "La personne a fait le signalement à la borne",
        "Anne a lu le signalement",
        "Anne a pris le signalement en charge, délai annoncé : 1 h (11:00)",
        "Anne a écrit une note Serrurier appelé",
        "Anne a répondu à la personne Merci, nous arrivons.",
    ):
        assert words in thread
    assert "_" not in re.sub(r"\S+@\S+", "", thread), "a code of the trace is shown for want of a sentence"


def test_every_mail_says_how_far_it_is_and_a_refused_one_can_be_sent_again(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    db.execute(
        "UPDATE deliveries SET state = 'held', attempts = 1, last_reply = '550 5.7.1 boîte <pleine>'"
        " WHERE audience_id = 'mssi'"
    )
    page = anne.opens(f"/reports/{reference}")
    assert "MSSI · signalement refusé par le relais · 1 essai Le relais : 550 5.7.1 boîte <pleine>" in words_of(page)
    assert 'class="sending sending-held' in page.text
    assert anne.sends(f"/reports/{reference}/retry").status_code == 303
    assert db.execute("SELECT state FROM deliveries WHERE audience_id = 'mssi'").fetchone() == ("queued",)
    assert "Anne a fait renvoyer les courriels" in words_of(anne.opens(f"/reports/{reference}"))


def test_another_spelling_of_the_reference_leads_to_it(anne: Colleague, reference: str) -> None:
    answer = anne.opens(f"/reports/{reference.replace('-', '').lower()}")
    assert (answer.status_code, answer.location) == (301, f"/reports/{reference}")


def test_a_report_of_another_site_is_as_unknown_as_one_that_does_not_exist(
    door: Flask, signed_in: SignIn, reference: str
) -> None:
    nord = signed_in(door.test_client(), sites=("nord",))
    for path in ("", "/status"):
        foreign = nord.opens(f"/reports/{reference}{path}")
        missing = nord.opens(f"/reports/000-000-000{path}")
        assert (foreign.status_code, foreign.text) == (404, missing.text)
    for act in ("acknowledge", "take-over", "note", "reply", "close", "reopen", "mark", "unmark", "retry"):
        assert (
            nord.sends(f"/reports/{reference}/{act}", eta="1h", note="x", reply="x", outcome="other").status_code == 404
        )


def test_without_the_sites_key_the_clear_facts_and_every_act_are_still_there(
    settings: Settings, anne: Colleague, reference: str
) -> None:
    anne.sends(f"/reports/{reference}/note", note="Serrurier appelé")
    site_keys.key_file(settings.secrets, "siege").unlink()
    page = words_of(anne.opens(f"/reports/{reference}"))
    assert "Le contenu ne peut pas être lu" in page
    assert "Siège · Local technique" in page
    assert anne.sends(f"/reports/{reference}/note", note="Clé à rétablir").status_code == 303
    assert anne.sends(f"/reports/{reference}/acknowledge", eta="1h").status_code == 303


def test_a_purged_report_says_that_its_words_are_gone(db: Database, anne: Colleague, reference: str) -> None:
    erase_unasked(db, "UPDATE reports SET content = NULL, contact = NULL")
    page = words_of(anne.opens(f"/reports/{reference}"))
    assert "Le contenu a été effacé" in page
    assert "Siège · Local technique" in page


def test_the_dpo_reads_and_notes_and_takes_nothing(
    db: Database, door: Flask, signed_in: SignIn, reference: str
) -> None:
    dpo = signed_in(door.test_client(), "dpo")
    page = dpo.opens(f"/reports/{reference}")
    assert "La porte reste ouverte" in page.text
    assert "/acknowledge" not in page.text
    assert dpo.sends(f"/reports/{reference}/note", note="Pas de violation").status_code == 303
    assert dpo.sends(f"/reports/{reference}/acknowledge", eta="1h").status_code == 403


def test_the_console_can_be_read_while_nothing_can_be_written(
    db: Database,
    settings: Settings,
    anne: Colleague,
    reference: str,
    now: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kiosk.store.base.connection.WRITE_PATIENCE", 0.05)
    now(FRIDAY + timedelta(minutes=5))
    with open_database(settings.database) as other:
        other.execute("BEGIN IMMEDIATE")
        assert reference in anne.opens("/").text
        assert "La porte reste ouverte" in anne.opens(f"/reports/{reference}").text
        other.conn.rollback()


def test_the_queue_of_mails_shows_those_of_ones_own_sites(
    db: Database, settings: Settings, door: Flask, anne: Colleague, signed_in: SignIn
) -> None:
    here, there = an_incident(db, settings), an_incident(db, settings, site="nord", terminal=None)
    nord = signed_in(door.test_client(), "authorised", sites=("nord",), name="nora")
    everything, theirs = words_of(anne.opens("/transmission")), words_of(nord.opens("/transmission"))
    assert here in everything
    assert there in everything
    assert there in theirs
    assert here not in theirs
