"""The file on a breach at the console: who sees it, what it asks, what leaves of it."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.breaches import cnil_form
from kiosk.breaches.downloads import COLUMNS, harmless
from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.store.reports import breaches
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import FRIDAY, words_of

SCHEMA = json.loads((Path(cnil_form.__file__).parent / "breach.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def reference(db: Database, settings: Settings, door: Flask) -> str:
    return an_incident(
        db, settings, kind="theft", ago=60, description="Un carton d'archives", personal_data_answer=Tristate.YES
    )


@pytest.fixture
def dora(door: Flask, signed_in: SignIn) -> Colleague:
    return signed_in(door.test_client(), role="dpo", name="dora")


def revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    return found[1]


def test_the_draft_is_there_before_anybody_has_written(dora: Colleague, reference: str) -> None:
    page = words_of(dora.opens(f"/reports/{reference}/breach"))
    for words in (
        "Un carton d'archives",
        "à décider par le DPO, avant le lundi 23/11/2026",
        "Délai de 72 heures",
        "ne sait pas",
    ):
        assert words in page


def test_what_is_written_comes_back_and_is_traced(db: Database, dora: Colleague, reference: str) -> None:
    page = dora.opens(f"/reports/{reference}/breach").text
    answer = dora.sends(
        f"/reports/{reference}/breach",
        revision=revision(page),
        certainty="established",
        data=["nir", "health"],
        measures_after="Serrure changée",
        decision="not_notifiable",
        reason="no_risk",
    )
    assert answer.status_code == 303
    told = dora.opens(answer.location)
    assert "C'est enregistré" in told.text
    assert "pas de notification" in words_of(told)
    assert "Serrure changée" in told.text
    page = words_of(dora.opens(f"/reports/{reference}"))
    assert "a décidé de ne pas notifier la violation à la CNIL" in page
    assert "Violation de données : pas de notification" in page


def test_a_decision_that_lacks_its_reason_loses_nothing(dora: Colleague, reference: str) -> None:
    page = dora.opens(f"/reports/{reference}/breach").text
    fields = {"revision": revision(page), "measures_after": "Serrure changée", "decision": "not_notifiable"}
    answer = dora.sends(f"/reports/{reference}/breach", **fields)
    assert answer.status_code == 422
    assert "Dites pourquoi il n'y a pas lieu de notifier." in words_of(answer)
    assert "Serrure changée" in answer.text


def test_an_answer_that_is_too_long_is_kept_and_objected_to(dora: Colleague, reference: str) -> None:
    page = dora.opens(f"/reports/{reference}/breach").text
    answer = dora.sends(f"/reports/{reference}/breach", revision=revision(page), circumstances="x" * 5001)
    assert answer.status_code == 422
    assert "x" * 5001 in answer.text


def test_the_second_of_two_is_told_and_keeps_their_words(dora: Colleague, reference: str) -> None:
    seen = revision(dora.opens(f"/reports/{reference}/breach").text)
    assert dora.sends(f"/reports/{reference}/breach", revision=seen, delay="la première").status_code == 303
    answer = dora.sends(f"/reports/{reference}/breach", revision=seen, delay="la seconde")
    assert answer.status_code == 409
    assert "la seconde" in answer.text
    again = dora.sends(f"/reports/{reference}/breach", revision=revision(answer.text), delay="la seconde")
    assert again.status_code == 303


def test_a_notification_is_noted_with_its_moment_on_french_clocks(
    db: Database, dora: Colleague, reference: str
) -> None:
    page = dora.opens(f"/reports/{reference}/breach").text
    fields = {"revision": revision(page), "decision": "notified", "notified_at": f"{FRIDAY:%Y-%m-%d}T09:55"}
    assert dora.sends(f"/reports/{reference}/breach", **fields).status_code == 303
    breach = breaches.find(db, reference)
    assert breach
    assert breach.notified_at == FRIDAY.replace(hour=8, minute=55)
    assert 'value="2026-11-20T09:55"' in dora.opens(f"/reports/{reference}/breach").text
    for moment in ("yesterday", "0001-01-01T00:00", "9999-12-31T23:59"):
        wrong = {**fields, "revision": str(breach.revision), "notified_at": moment}
        assert dora.sends(f"/reports/{reference}/breach", **wrong).status_code == 422


def test_control_characters_become_visible_before_they_reach_a_file_or_a_spreadsheet(
    dora: Colleague, reference: str
) -> None:
    fields = {"revision": revision(dora.opens(f"/reports/{reference}/breach").text), "measures_after": "a\0b\x1b[31m"}
    assert dora.sends(f"/reports/{reference}/breach", **fields).status_code == 303
    assert "a␀b␛[31m" in dora.sends("/breaches/csv").text


def test_others_see_that_there_is_one_and_what_was_decided(anne: Colleague, reference: str) -> None:
    page = anne.opens(f"/reports/{reference}")
    assert "à décider par le DPO, avant" in words_of(page)
    assert "/breach" not in page.text
    for path in (f"/reports/{reference}/breach", "/breaches"):
        assert anne.opens(path).status_code == 403


def test_a_site_that_is_not_theirs_has_no_breaches(door: Flask, signed_in: SignIn, reference: str) -> None:
    stranger = signed_in(door.test_client(), role="dpo", sites=("nord",))
    assert stranger.opens(f"/reports/{reference}/breach").status_code == 404
    assert reference not in stranger.opens("/breaches").text


def test_a_report_without_one_gets_it_by_hand(db: Database, settings: Settings, dora: Colleague) -> None:
    reference = an_incident(db, settings, kind="device_outage", personal_data_answer=Tristate.NO)
    assert dora.opens(f"/reports/{reference}/breach").status_code == 404
    assert "Ouvrir un dossier de violation" in dora.opens(f"/reports/{reference}").text
    assert dora.sends(f"/reports/{reference}/breach/open").status_code == 303
    assert dora.opens(f"/reports/{reference}/breach").status_code == 200


def test_the_file_keeps_to_its_schema(dora: Colleague, reference: str) -> None:
    answer = dora.sends(f"/reports/{reference}/breach/file")
    told = json.loads(answer.text)
    assert set(told) == set(SCHEMA["required"]) == set(SCHEMA["properties"])
    for name in ("opened_at", "aware_at", "deadline_at", "contractor_aware_at"):
        assert re.match(SCHEMA["$defs"]["moment"]["pattern"], told[name])
    assert [each["code"] for each in told["answers"]] == [question.code for question in cnil_form.QUESTIONS]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="violation-{reference}.json"'


def test_the_printed_page_says_everything_and_that_it_was_printed(
    db: Database, dora: Colleague, reference: str
) -> None:
    page = words_of(dora.sends(f"/reports/{reference}/breach/page"))
    for question in cnil_form.QUESTIONS:
        assert question.label in page
    assert db.execute("SELECT detail FROM events WHERE action = 'breach_exported'").fetchall() == [('{"as": "page"}',)]


def test_the_register_opens_in_a_french_spreadsheet(dora: Colleague, reference: str) -> None:
    page, typed = dora.opens(f"/reports/{reference}/breach").text, '=HYPERLINK("x")\n"; \u202esuite'
    dora.sends(f"/reports/{reference}/breach", revision=revision(page), measures_after=typed)
    answer = dora.sends("/breaches/csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.data
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0] == [name for name, _ in COLUMNS]
    assert rows[0][-len(cnil_form.QUESTIONS) :] == [question.label for question in cnil_form.QUESTIONS]
    told = dict(zip(rows[0], rows[1], strict=True))
    assert told["Référence"] == reference
    assert told["Délai de 72 heures"] == "23/11/2026 09:00"
    assert told["Mesures prises ou prévues depuis"] == '\'=HYPERLINK("x")\n"; ⟨U+202E⟩suite'


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"x{cell}") == f"x{cell}"


def test_the_register_lists_what_waits_first(db: Database, settings: Settings, dora: Colleague, reference: str) -> None:
    other = an_incident(db, settings, kind="theft", personal_data_answer=Tristate.YES)
    page = dora.opens(f"/reports/{reference}/breach").text
    dora.sends(
        f"/reports/{reference}/breach", revision=revision(page), decision="not_notifiable", reason="no_personal_data"
    )
    listed = dora.opens("/breaches").text
    assert listed.index(other) < listed.index(reference)
    assert reference not in dora.opens("/breaches?state=undecided").text
    assert other not in dora.opens("/breaches?state=decided").text
    assert dora.opens("/breaches?state=whatever").status_code == 200


def test_a_deadline_that_has_passed_is_said(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn, now: Callable[[datetime], None]
) -> None:
    an_incident(db, settings, kind="theft", personal_data_answer=Tristate.YES)
    now(FRIDAY + timedelta(days=4))
    late = signed_in(door.test_client(), role="mssi")
    assert "délai passé depuis" in late.opens("/breaches").text


def test_a_long_register_is_shown_in_part_and_said_to_be(
    db: Database, settings: Settings, dora: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.web.staff.breaches.register.SHOWN", 1)
    for _ in range(2):
        an_incident(db, settings, kind="theft", personal_data_answer=Tristate.YES)
    page = dora.opens("/breaches").text
    assert page.count("breach-row") == 1
    assert "le fichier les contient toutes" in words_of(dora.opens("/breaches"))


def test_a_moment_by_a_wrong_clock_has_the_right_one_beside_it(db: Database, reference: str, dora: Colleague) -> None:
    """In report, file, register and its table for spreadsheets."""
    pages = (f"/reports/{reference}", f"/reports/{reference}/breach", "/breaches")
    corrected = "l'horloge de la borne était fausse ; heure corrigée : "
    assert not any(corrected in words_of(dora.client.get(page)) for page in pages)
    db.execute("INSERT INTO clock_corrections VALUES (1000, 0, ?)", (6 * 3600,))
    db.conn.commit()
    for page, moment in zip(pages, ("lundi 23/11/2026 à 15:00", "lundi 23/11/2026 à 15:00", "15:00"), strict=True):
        assert corrected in words_of(dora.client.get(page))
        assert any(moment in after[:30] for after in words_of(dora.client.get(page)).split(corrected)[1:])
    assert corrected in dora.sends("/breaches/csv").text.replace("\N{NO-BREAK SPACE}", " ")
