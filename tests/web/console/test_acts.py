"""What staff do about a report: one tap each, once each, and nobody is left in the dark about who was quicker."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.duty.acts import notes_of
from kiosk.reporting.reply import replies_of
from kiosk.store.keys import site_keys
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import ReportStatus
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import FRIDAY, words_of


@pytest.fixture
def reference(db: Database, settings: Settings, door: Flask) -> str:
    return an_incident(db, settings, ago=5)


@pytest.fixture
def paul(door: Flask, signed_in: SignIn) -> Colleague:
    return signed_in(door.test_client(), "deputy", name="paul")


def stands(db: Database, reference: str) -> ReportStatus:
    found = report_status.find(db, reference)
    assert found
    return found


def acts(colleague: Colleague, reference: str, act: str, **fields: Any) -> str:
    """What the page says afterwards."""
    answer = colleague.sends(f"/reports/{reference}/{act}", **fields)
    assert answer.status_code == 303
    assert answer.location.startswith(f"/reports/{reference}?result=")
    return words_of(colleague.opens(answer.location))


@pytest.mark.parametrize(
    ("eta", "hour"), [("15min", "10:15"), ("1h", "11:00"), ("today", "16:30"), ("tomorrow", "lundi 23/11 à 16:30")]
)
def test_a_report_is_taken_in_one_tap_with_the_time_promised(
    db: Database, anne: Colleague, reference: str, eta: str, hour: str
) -> None:
    page = acts(anne, reference, "acknowledge", eta=eta)
    assert "C'est noté : vous vous en occupez" in page
    assert f"annoncé pour {hour}" in page
    assert stands(db, reference).taken_account == "anne"


def test_the_second_of_two_is_told_who_was_quicker_and_changes_nothing(
    db: Database, anne: Colleague, paul: Colleague, reference: str
) -> None:
    acts(anne, reference, "acknowledge", eta="1h")
    before = stands(db, reference)
    page = acts(paul, reference, "acknowledge", eta="15min")
    assert "Anne a été plus rapide : pris en charge à 10:00, annoncé pour 11:00" in page
    assert stands(db, reference) == before


def test_a_second_tap_of_the_same_finger_is_no_reproach(db: Database, anne: Colleague, reference: str) -> None:
    for _ in range(3):
        assert "C'est noté : vous vous en occupez" in acts(anne, reference, "acknowledge", eta="1h")
    assert stands(db, reference).revision == 1


def test_a_colleague_takes_over_and_gives_an_hour_of_their_own(
    db: Database, anne: Colleague, paul: Colleague, reference: str
) -> None:
    acts(anne, reference, "acknowledge", eta="15min")
    assert "Vous vous en occupez" in acts(paul, reference, "take-over", eta="1h")
    assert "Paul s'en occupe" in words_of(anne.opens(f"/reports/{reference}"))


def test_a_note_is_read_by_staff_and_a_second_press_writes_it_once(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    for _ in range(2):
        assert "Votre note est enregistrée" in acts(anne, reference, "note", note="Serrurier\r\nappelé ")
    assert [one.text for one in notes_of(db, reference, site_keys.in_files(db, settings.secrets))] == [
        "Serrurier\nappelé"
    ]


def test_control_characters_of_a_note_become_visible(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    acts(anne, reference, "note", note="\0a\x1b[31m\x0bb")
    assert [one.text for one in notes_of(db, reference, site_keys.in_files(db, settings.secrets))] == ["␀a␛[31m\nb"]


def test_the_same_note_later_is_another_note(
    db: Database, settings: Settings, anne: Colleague, reference: str, now: Callable[[datetime], None]
) -> None:
    acts(anne, reference, "note", note="Ronde faite")
    now(FRIDAY + timedelta(minutes=5))
    acts(anne, reference, "note", note="Ronde faite")
    assert len(notes_of(db, reference, site_keys.in_files(db, settings.secrets))) == 2


def test_a_reply_waits_for_its_reader_once(db: Database, settings: Settings, anne: Colleague, reference: str) -> None:
    form = {"reply": "Merci, c'est réparé.", "submission_id": str(uuid4())}
    for _ in range(2):
        assert "Votre réponse attend la personne" in acts(anne, reference, "reply", **form)
    (reply,) = replies_of(db, reference, site_keys.in_files(db, settings.secrets))
    assert (reply.text, reply.author) == ("Merci, c'est réparé.", "Anne")


def test_an_id_that_is_not_random_ties_no_two_replies_together(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    for _ in range(2):
        acts(anne, reference, "reply", reply="Merci.", submission_id="c232ab00-9414-11ec-b3c8-9f6bdeced846")
    assert len(replies_of(db, reference, site_keys.in_files(db, settings.secrets))) == 2


@pytest.mark.parametrize("act", ["note", "reply"])
@pytest.mark.parametrize(("typed", "objection"), [("  ", "Écrivez quelques mots"), ("é" * 5001, "C'est trop long")])
def test_what_cannot_be_taken_comes_back_with_every_word(
    anne: Colleague, reference: str, act: str, typed: str, objection: str
) -> None:
    answer = anne.sends(f"/reports/{reference}/{act}", **{act: typed})
    assert answer.status_code == 422
    assert objection in words_of(answer)
    assert typed.strip() in answer.text


def test_closing_says_with_what_outcome_and_keeps_what_was_done(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    page = acts(anne, reference, "close", outcome="false_alarm", note="Porte réglée")
    assert "Clos Par Anne à 10:00 : fausse alerte" in page
    assert [one.text for one in notes_of(db, reference, site_keys.in_files(db, settings.secrets))] == ["Porte réglée"]
    assert "quelqu'un l'avait déjà fait" in acts(anne, reference, "close", outcome="resolved", note="")


@pytest.mark.parametrize("outcome", ["", "nonsense", "found"])
def test_closing_without_an_outcome_asks_for_one_and_keeps_the_words(
    db: Database, anne: Colleague, reference: str, outcome: str
) -> None:
    answer = anne.sends(f"/reports/{reference}/close", outcome=outcome, note="Porte réglée")
    assert answer.status_code == 422
    assert "Choisissez une issue" in answer.text
    assert "Porte réglée" in answer.text
    assert stands(db, reference).state == "open"


def test_a_closed_report_is_opened_again(db: Database, anne: Colleague, reference: str) -> None:
    acts(anne, reference, "close", outcome="resolved")
    assert "Le signalement est rouvert" in acts(anne, reference, "reopen")
    assert stands(db, reference).state == "open"
    assert "déjà fait" in acts(anne, reference, "reopen")


@pytest.mark.parametrize(("hidden_as", "word"), [("test", "essai"), ("spam", "indésirable")])
def test_what_is_no_report_is_hidden_not_deleted_and_can_come_back(
    db: Database, anne: Colleague, reference: str, hidden_as: str, word: str
) -> None:
    assert f"Masqué : {word}" in acts(anne, reference, "mark", **{"as": hidden_as})
    assert reference not in words_of(anne.opens("/"))
    assert reference in words_of(anne.opens("/?state=hidden"))
    assert "de nouveau affiché" in acts(anne, reference, "unmark")
    assert reference in words_of(anne.opens("/"))


@pytest.mark.parametrize(
    ("act", "fields"),
    [("acknowledge", {}), ("acknowledge", {"eta": "soon"}), ("take-over", {"eta": ""}), ("mark", {"as": "dull"})],
)
def test_an_act_that_makes_no_sense_changes_nothing(
    db: Database, anne: Colleague, reference: str, act: str, fields: dict[str, str]
) -> None:
    assert anne.sends(f"/reports/{reference}/{act}", **fields).status_code == 400
    assert stands(db, reference).revision == 0


def test_a_link_that_acts_does_not_exist(db: Database, anne: Colleague, reference: str) -> None:
    for act in ("acknowledge", "take-over", "close", "reopen", "mark", "unmark", "retry", "note", "reply"):
        assert anne.opens(f"/reports/{reference}/{act}?eta=1h").status_code in (404, 405)
    assert stands(db, reference).state == "open"
