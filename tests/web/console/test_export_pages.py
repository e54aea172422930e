"""A report leaves the kiosk with its whole trace, on paper or as a file, and that it did is part of the trace."""

import json
import re

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.store.keys import site_keys
from tests.build import erase_unasked
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import words_of


@pytest.fixture
def reference(db: Database, settings: Settings, door: Flask) -> str:
    return an_incident(db, settings, ago=5, description="La porte reste ouverte.")


def exports(db: Database) -> list[tuple[str]]:
    return db.execute("SELECT actor FROM events WHERE action = 'report_exported'").fetchall()


def test_the_file_holds_what_was_said_and_every_event(db: Database, anne: Colleague, reference: str) -> None:
    anne.sends(f"/reports/{reference}/note", note="Serrurier appelé")
    answer = anne.sends(f"/reports/{reference}/export/file")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="signalement-{reference}.json"'
    file = json.loads(answer.text)
    assert file["report"]["description"] == "La porte reste ouverte."
    assert file["written_since"]["notes"][0]["text"] == "Serrurier appelé"
    assert [event["action"] for event in file["events"]][-2:] == ["note_added", "report_exported"]
    assert exports(db) == [("anne",)]


def test_the_page_says_it_in_french_with_the_numbers_to_check_it_by(
    db: Database, anne: Colleague, reference: str
) -> None:
    anne.sends(f"/reports/{reference}/note", note="Serrurier appelé")
    page = words_of(anne.sends(f"/reports/{reference}/export/page"))
    for words in (
        f"Dossier du signalement {reference}",
        "La porte reste ouverte.",
        "vendredi 20/11/2026 à 10:00 Anne a écrit une note Serrurier appelé",
        "Anne a exporté le signalement avec sa trace",
        "Exporté le vendredi 20/11/2026 à 10:00, heure de Paris, par Anne (responsable d'immeuble)",
    ):
        assert words in page
    number, head = db.execute("SELECT id, digest FROM events ORDER BY id DESC LIMIT 1").fetchone()
    assert f"kiosk verify --head {number}:{head.hex()}" in page
    assert re.search(rf"n° {number} · {head.hex()}", page)


@pytest.mark.parametrize("path", ["file", "page"])
def test_no_link_exports_and_no_stranger_does(
    db: Database, door: Flask, anne: Colleague, signed_in: SignIn, reference: str, path: str
) -> None:
    assert anne.opens(f"/reports/{reference}/export/{path}").status_code == 405
    nord = signed_in(door.test_client(), sites=("nord",))
    assert nord.sends(f"/reports/{reference}/export/{path}").status_code == 404
    assert signed_in(door.test_client(), "authorised").sends(f"/reports/{reference}/export/{path}").status_code == 403
    assert exports(db) == []


@pytest.mark.parametrize("path", ["file", "page"])
def test_without_the_sites_key_the_trace_is_exported_all_the_same(
    settings: Settings, anne: Colleague, reference: str, path: str
) -> None:
    site_keys.key_file(settings.secrets, "siege").unlink()
    answer = anne.sends(f"/reports/{reference}/export/{path}")
    assert answer.status_code == 200
    assert "La porte" not in answer.text
    assert reference in answer.text


def test_a_purged_report_is_exported_without_its_words(db: Database, anne: Colleague, reference: str) -> None:
    erase_unasked(db, "UPDATE reports SET content = NULL")
    assert "Le contenu a été effacé" in anne.sends(f"/reports/{reference}/export/page").text
