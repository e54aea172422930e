"""Search: by reference at once, by words with the truth about how many were searched, and in no address or log."""

import logging
import threading

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.web.staff.lists import search
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import words_of


@pytest.mark.parametrize("spelt", [str, str.lower, lambda text: text.replace("-", " "), lambda text: f" {text} "])
def test_a_reference_opens_its_report(db: Database, settings: Settings, anne: Colleague, spelt: object) -> None:
    assert callable(spelt)
    reference = an_incident(db, settings)
    answer = anne.sends("/search", words=spelt(reference))
    assert (answer.status_code, answer.location) == (303, f"/reports/{reference}")


def test_words_find_reports_and_say_how_many_were_searched(db: Database, settings: Settings, anne: Colleague) -> None:
    wanted = an_incident(db, settings, description="Écran bleu au guichet")
    an_incident(db, settings, description="Rien de tel")
    page = words_of(anne.sends("/search", words="ecran guichet"))
    assert "1 signalement trouvé · signalements ouverts un à un pour cette recherche : 2" in page
    assert wanted in page
    assert "Écran bleu au guichet" in page
    assert "Aucun ne contient" in words_of(anne.sends("/search", words="ecran rouge"))


def test_beyond_the_newest_it_says_that_older_ones_were_not_searched(
    db: Database, settings: Settings, anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        an_incident(db, settings, ago=number, description="porte")
    real = search.search.search
    monkeypatch.setattr(search.search, "search", lambda *told: real(*told, limit=2))
    page = words_of(anne.sends("/search", words="porte"))
    assert "2 signalements trouvés" in page
    assert "Les plus anciens n'ont pas été cherchés" in page


def test_nobody_finds_what_lies_on_a_site_that_is_not_theirs(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn
) -> None:
    reference = an_incident(db, settings, description="porte")
    nord = signed_in(door.test_client(), sites=("nord",))
    assert reference not in words_of(nord.sends("/search", words="porte"))
    assert nord.sends("/search", words=reference).status_code == nord.sends("/search", words="000-000-000").status_code
    assert nord.opens(f"/reports/{reference}").status_code == 404


def test_what_is_looked_for_is_in_no_address_log_or_trace(
    db: Database, settings: Settings, anne: Colleague, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    an_incident(db, settings, description="porte")
    answer = anne.sends("/search", words="MARKER-porte")
    assert answer.status_code == 200
    assert "MARKER" not in caplog.text
    traces = db.execute("SELECT actor, action, detail FROM events WHERE action = 'reports_searched'").fetchall()
    assert traces == [("anne", "reports_searched", '{"found": 0, "searched": 1}')]


@pytest.mark.parametrize("words", ["", " ", "a", "é"])
def test_too_little_to_look_for_is_said(anne: Colleague, words: str) -> None:
    answer = anne.sends("/search", words=words)
    assert answer.status_code == 422
    assert "au moins deux lettres" in answer.text


def test_the_page_before_a_search_says_what_is_searched(anne: Colleague) -> None:
    assert "10 000 signalements les plus récents" in words_of(anne.opens("/search"))


def test_a_search_that_finds_others_before_it_says_so_and_keeps_the_words(
    anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PATIENCE", 0.01)
    with search.one_at_a_time:
        answer = anne.sends("/search", words="porte")
    assert answer.status_code == 503
    assert "réessayez" in answer.text
    assert 'value="porte"' in answer.text


def test_many_searches_at_once_do_not_keep_the_whole_door_waiting(
    anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "in_line", threading.BoundedSemaphore(1))
    with search.in_line:
        assert anne.sends("/search", words="porte").status_code == 503
    assert anne.sends("/search", words="porte").status_code == 200
