"""A report told to staff is typed for its reporter: two moments, one report, and a code to hand over."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.config import Settings
from kiosk.domain.reference import follow_up_hash
from kiosk.domain.text import DESCRIPTION_LIMIT
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.reports import follow_up
from tests.build import MAILS
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import words_of

FORM = "/on-behalf/siege/theft"
TOLD = {"told_way": "telephone", "told_date": "2026-11-20", "told_time": "08:30", "language": "fr"}


@pytest.fixture
def desk(door: Flask, signed_in: SignIn) -> Colleague:
    return signed_in(door.test_client(), "authorised", name="desk")


def enters(desk: Colleague, form: str = FORM, **fields: Any) -> TestResponse:
    """Follows to the page that is shown once."""
    answer = desk.sends(form, **fields)
    return desk.opens(answer.location) if answer.status_code == 303 else answer


def row(db: Database) -> dict[str, Any]:
    (found,) = db["reports"].rows
    return found


def test_when_it_was_told_and_when_it_was_typed_are_kept_apart(db: Database, desk: Colleague) -> None:
    answer = enters(desk, description="Un ordinateur a disparu", when="now", zone="zone-2", **TOLD)
    assert answer.status_code == 200
    told = row(db)
    assert (told["told_at"], told["told_way"]) == ("2026-11-20T07:30:00.000Z", "telephone")
    assert told["received_at"] == "2026-11-20T09:00:00.000Z"
    assert (told["entered_by"], told["terminal_id"]) == ("desk", None)
    assert told["observed_latest"] == told["told_at"], "« à l'instant » is when it was told"
    assert told["deadline_at"] == "2026-11-23T07:30:00.000Z", "72 hours from when we knew"


def test_console_and_mail_say_both(
    db: Database, settings: Settings, door: Flask, desk: Colleague, anne: Colleague
) -> None:
    enters(desk, description="Un ordinateur a disparu", **TOLD)
    reference = row(db)["reference"]
    page = words_of(anne.opens(f"/reports/{reference}"))
    assert "vendredi 20/11/2026 à 08:30, heure de Paris (par téléphone, à Desk)" in page
    assert "Saisi vendredi 20/11/2026 à 10:00, pour le compte de la personne, par Desk" in page
    assert "Desk a saisi le signalement pour le compte de la personne" in page
    assert "Saisi pour le compte de la personne, qui l'a dit à 08:30" in words_of(anne.opens("/"))
    mail = db.execute(f"{MAILS} LIMIT 1").fetchone()[0]
    assert b'"entered":{"at":"2026-11-20T09:00:00.000Z","by":"Desk","told":"telephone"}' in _decoded(mail)


def _decoded(mail: bytes) -> bytes:
    parsed = message_from_bytes(mail, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    (attachment,) = parsed.iter_attachments()
    content = attachment.get_content()
    return content if isinstance(content, bytes) else str(content).encode()


def test_the_code_for_the_person_works(db: Database, desk: Colleague) -> None:
    page = enters(desk, description="Vu", **TOLD).text
    found = re.search(r'data-follow-up-code="([\w-]+)"', page)
    assert found
    followed = follow_up.find(db, follow_up_hash(found[1], follow_up_secret(db)))
    assert followed
    assert followed.report.reference == row(db)["reference"]


def test_pressed_twice_it_is_one_report_and_the_same_receipt(db: Database, desk: Colleague) -> None:
    said = {"submission_id": str(uuid4()), "description": "Vu", **TOLD}
    assert enters(desk, **said).text == enters(desk, **said).text
    assert db["reports"].count == 1


@pytest.mark.parametrize(
    ("wrong", "objection"),
    [
        ({"told_date": ""}, "Dites le jour et l'heure"),
        ({"told_time": ""}, "Dites le jour et l'heure"),
        ({"told_date": "hier"}, "Dites le jour et l'heure"),
        ({"told_time": "10:01"}, "n'est pas encore venu"),
        ({"description": ""}, "encore vide"),
        ({"description": "x" * (DESCRIPTION_LIMIT + 1)}, "trop long"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_every_word(
    db: Database, desk: Colleague, wrong: dict[str, str], objection: str
) -> None:
    said = {"description": "Un ordinateur a disparu", "company": "", **TOLD} | wrong
    answer = enters(desk, **said)
    assert answer.status_code == 422
    assert objection in words_of(answer)
    assert said["description"] in answer.text
    assert db["reports"].count == 0


def test_what_makes_no_sense_beside_it_refuses_nothing(db: Database, desk: Colleague) -> None:
    wrong = {"told_way": "pigeon", "language": "xx", "zone": "nowhere"}
    assert enters(desk, description="Vu", **TOLD | wrong).status_code == 200
    assert (row(db)["told_way"], row(db)["language"]) == ("spoken", "fr")


def test_a_member_types_for_their_own_sites_alone(db: Database, door: Flask, signed_in: SignIn) -> None:
    nord = signed_in(door.test_client(), "authorised", sites=("nord",))
    assert nord.opens(FORM).status_code == enters(nord, description="Vu", **TOLD).status_code == 404
    assert enters(nord, "/on-behalf/nord/theft", description="Vu", **TOLD).status_code == 200
    assert row(db)["site_id"] == "nord"
    assert "Siège" not in words_of(nord.opens("/on-behalf"))


def test_where_there_are_several_sites_one_is_chosen_first(anne: Colleague) -> None:
    first = anne.opens("/on-behalf")
    assert "Sur quel site" in first.text
    assert "/on-behalf/siege/theft" not in first.text
    assert "/on-behalf/nord/theft" in anne.opens("/on-behalf?site=nord").text


def test_a_question_appears_when_its_answer_calls_for_it(desk: Colleague) -> None:
    asked = "/on-behalf/siege/virus/questions?asked=removable"
    assert "removable_details" in desk.sends(asked, removable="yes").text
    assert "removable_details" not in desk.sends(asked, removable="no").text
    assert desk.sends("/on-behalf/siege/virus/questions?asked=nonsense").status_code == 204
    plain = desk.opens("/on-behalf/siege/virus").text
    assert "removable_details" in plain.partition("<noscript>")[2].partition("</noscript>")[0]


@pytest.mark.parametrize("path", ["/on-behalf/siege/nonsense", "/on-behalf/nowhere/theft"])
def test_no_such_form(desk: Colleague, path: str) -> None:
    assert desk.opens(path).status_code == 404


def test_the_dpo_types_nothing(door: Flask, signed_in: SignIn) -> None:
    assert signed_in(door.test_client(), "dpo").opens("/on-behalf").status_code == 403
