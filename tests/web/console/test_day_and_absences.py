"""The sheet of a day, and who is on duty while somebody is away."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.duty import acts
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY, words_of

AWAY = {
    "audience": "manager",
    "from_date": "2026-11-20",
    "from_time": "09:00",
    "to_date": "2026-11-27",
    "to_time": "",
}


def test_a_sheet_holds_the_reports_of_its_day_and_site_in_order(
    db: Database, settings: Settings, anne: Colleague
) -> None:
    taken, closed = an_incident(db, settings, ago=30, zone="zone-3"), an_incident(db, settings, "virus", ago=20)
    an_incident(db, settings, ago=60 * 24)
    an_incident(db, settings, site="nord", terminal=None)
    hidden = an_incident(db, settings, ago=10)
    acts.acknowledge(db, settings, taken, actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    acts.close(db, settings, closed, actor=ANNE, outcome=Outcome.TRANSFERRED, now=FRIDAY)
    acts.mark(db, settings, hidden, actor=ANNE, hidden_as=HiddenAs.TEST, now=FRIDAY)
    page = words_of(anne.opens("/day/2026-11-20"))
    assert "Signalements du vendredi 20 novembre 2026" in page
    assert "2 signalements" in page
    assert page.index(taken) < page.index(closed)
    assert "09:30 " + taken + " Matériel ou document disparu Local technique" in page
    assert "Anne Exemple, 10:00" in page
    assert "transmis à un autre service" in page


def test_a_sheet_that_is_full_leaves_the_first_reports_out(
    db: Database, settings: Settings, anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.web.staff.lists.day_sheet.MOST", 2)
    first, *rest = [an_incident(db, settings, ago=ago) for ago in (40, 30, 20)]
    page = words_of(anne.opens("/day/2026-11-20"))
    assert "les premiers du jour n'y sont pas" in page
    assert first not in page
    assert all(reference in page for reference in rest)


def test_no_word_of_a_reporter_stands_on_a_sheet(db: Database, settings: Settings, anne: Colleague) -> None:
    an_incident(db, settings, description="MARKER", place="MARKER")
    assert "MARKER" not in anne.opens("/day/2026-11-20").text


def test_a_day_belongs_to_french_clocks(db: Database, settings: Settings, anne: Colleague) -> None:
    reference = an_incident(db, settings, at=datetime.fromisoformat("2026-11-19T23:30:00+00:00"))
    assert reference in words_of(anne.opens("/day/2026-11-20"))
    assert reference not in words_of(anne.opens("/day/2026-11-19"))


def test_the_form_leads_to_another_sheet(anne: Colleague) -> None:
    assert anne.opens("/day").location == "/day/2026-11-20"
    assert anne.opens("/day?day=2026-11-03&site=nord").location == "/day/2026-11-03?site=nord"
    assert "Aucun signalement ce jour-là" in anne.opens("/day/2026-11-03?site=nord").text


@pytest.mark.parametrize("path", ["/day/yesterday", "/day/2026-11-20?site=nowhere", "/day/9999-12-31"])
def test_no_such_sheet(anne: Colleague, path: str) -> None:
    assert anne.opens(path).status_code == 404


def test_another_site_has_no_sheet_for_a_stranger(door: Flask, signed_in: SignIn) -> None:
    nord = signed_in(door.test_client(), sites=("nord",))
    assert nord.opens("/day/2026-11-20?site=siege").status_code == 404
    assert nord.opens("/day/2026-11-20").status_code == 200


def test_while_the_manager_is_away_the_deputy_is_on_duty_and_every_page_knows(
    db: Database, anne: Colleague, now: Callable[[datetime], None]
) -> None:
    assert "De permanence sur 2 sites Siège : Responsable d'immeuble" in words_of(anne.opens("/"))
    answer = anne.sends("/absences", **AWAY)
    assert answer.location == "/absences?result=noted"
    page = words_of(anne.opens(answer.location))
    assert "L'absence est notée" in page
    assert "Siège : Suppléant, en remplacement jusqu'à vendredi 27/11 à 23:59" in page
    assert "Siège : Suppléant" in words_of(anne.opens("/"))
    assert anne.sends("/absences/1/end").location == "/absences?result=ended"
    now(FRIDAY + timedelta(minutes=1))
    assert "Siège : Responsable d'immeuble" in words_of(anne.opens("/"))
    assert anne.sends("/absences/1/end").location == "/absences?result=over"


@pytest.mark.parametrize(
    ("wrong", "objection"),
    [
        ({"audience": ""}, "Choisissez"),
        ({"audience": "mssi"}, "Choisissez"),
        ({"to_date": ""}, "doit finir après"),
        ({"to_date": "bientôt"}, "doit finir après"),
        ({"to_date": "2026-11-19"}, "doit finir après"),
        ({"from_date": "2026-11-28"}, "doit finir après"),
        ({"to_date": "2999-12-31"}, "dure au plus 92 jours"),
        ({"from_date": "2028-01-01", "to_date": "2028-01-02"}, "commence dans l'année"),
    ],
)
def test_an_absence_that_makes_no_sense_comes_back_as_it_was_typed(
    db: Database, anne: Colleague, wrong: dict[str, str], objection: str
) -> None:
    answer = anne.sends("/absences", **AWAY | wrong)
    assert answer.status_code == 422
    assert objection in words_of(answer)
    assert 'value="09:00"' in answer.text
    assert db["absences"].count == 0


def test_whoever_only_types_for_others_sees_absences_and_notes_none(door: Flask, signed_in: SignIn) -> None:
    desk = signed_in(door.test_client(), "authorised")
    assert "Noter une absence" not in desk.opens("/absences").text
    assert desk.sends("/absences", **AWAY).status_code == 403


def test_who_serves_one_site_declares_nobody_absent_who_answers_for_more(
    db: Database, door: Flask, anne: Colleague, signed_in: SignIn
) -> None:
    nord = signed_in(door.test_client(), "deputy", sites=("nord",))
    assert "Responsable d'immeuble</option>" not in nord.opens("/absences").text.replace("&#39;", "'")
    refused = nord.sends("/absences", **AWAY)
    assert (refused.status_code, "Choisissez" in words_of(refused)) == (422, True)
    anne.sends("/absences", **AWAY)
    page = nord.opens("/absences").text
    assert "notée par Anne" in page
    assert "/absences/1/end" not in page
    assert nord.sends("/absences/1/end").status_code == 404


def test_an_absence_that_is_over_stays_in_sight_for_a_month(
    door: Flask, anne: Colleague, signed_in: SignIn, now: Callable[[datetime], None]
) -> None:
    anne.sends("/absences", **AWAY)
    now(FRIDAY + timedelta(days=20))
    anne = signed_in(door.test_client())
    assert "Absences finies depuis un mois Responsable d'immeuble" in words_of(anne.opens("/absences"))
    now(FRIDAY + timedelta(days=60))
    anne = signed_in(door.test_client())
    assert "Absences finies" not in words_of(anne.opens("/absences"))
