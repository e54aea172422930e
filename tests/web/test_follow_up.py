"""With the code alone: what became of a report, what staff answered, and what its reporter adds."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain.roles import Actor
from kiosk.errors import NotConfirmed
from kiosk.reporting.add import ADDITION_LIMIT
from kiosk.reporting.reply import reply
from kiosk.store.keys import site_keys
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.reports import additions, report_status
from kiosk.store.reports.follow_up import LIFETIME
from kiosk.store.reports.report_status import Change
from kiosk.store.trace.events import Event
from kiosk.web.public import follow_up
from tests.build import claim
from tests.web.contractor import Answer, Contractor

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MANAGER = Actor("m.durand", "Michel Durand", "manager")
TEXT = re.compile(r"<textarea[^>]*>\n([^<]*)</textarea>")


@pytest.fixture(autouse=True)
def monday_at_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def receipt(contractor: Contractor) -> Answer:
    return contractor.sends("theft", description="MARKER-7261")


def adds(contractor: Contractor, code: str, *, headers: dict[str, str] | None = None, **fields: str) -> Answer:
    said = {"code": code, "says": "detail", "submission_id": str(uuid4()), **fields}
    response = contractor.client.post("/fr/follow-up", data=said, headers=headers)
    return Answer(response.status_code, response.text)


def kept(db: Database, settings: Settings, reference: str) -> list[str | None]:
    report = report_status.find(db, reference)
    assert report is not None
    private = site_keys.in_files(db, settings.secrets)
    return [addition.text for addition in additions.of_report(db, report, private)]


def takes(db: Database, reference: str, **values: report_status.Value) -> None:
    """As the console's verbs leave it."""
    before = report_status.find(db, reference)
    assert before is not None
    taken = Event(action="report_acknowledged", reference=reference)
    assert report_status.change(db, before, Change(values=values, events=[taken]), MONDAY)


def words(answer: Answer) -> str:
    return unescape(answer.screen)


def is_added(answer: Answer) -> bool:
    return answer.status == 200 and ">Ajouté</h2>" in re.sub(r"<svg.*?</svg>\s*", "", answer.screen)


def test_nobody_has_taken_it_yet_and_the_page_says_by_when_somebody_must(
    contractor: Contractor, receipt: Answer
) -> None:
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Enregistré à 10:00." in page
    assert "Personne ne s'en est encore occupé." in page
    assert "au plus tard aujourd'hui à 11:00" in page


def test_what_nobody_did_in_time_is_no_longer_promised(
    contractor: Contractor, receipt: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(days=2))
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Personne ne s'en est encore occupé." in page
    assert "au plus tard" not in page
    assert "Enregistré lundi 23 novembre 2026 à 10:00." in page


def test_whoever_took_it_is_told_by_their_role_and_until_when(
    contractor: Contractor, receipt: Answer, db: Database
) -> None:
    taken = {"state": "acknowledged", "taken_by": "Michel Durand", "taken_role": "manager", "taken_at": MONDAY}
    takes(db, receipt.reference, **taken, eta_at=MONDAY + timedelta(minutes=90))
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Le responsable d'immeuble s'en occupe depuis aujourd'hui à 10:00." in page
    assert "Retour prévu au plus tard aujourd'hui à 11:30." in page
    assert "Durand" not in page


def test_an_estimate_that_has_passed_is_not_shown(contractor: Contractor, receipt: Answer, db: Database) -> None:
    taken = {"state": "acknowledged", "taken_by": "x", "taken_role": "authorised", "taken_at": MONDAY}
    takes(db, receipt.reference, **taken, eta_at=MONDAY - timedelta(minutes=1))
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Une personne habilitée s'en occupe" in page
    assert "Retour prévu" not in page


def test_a_closed_report_says_so(contractor: Contractor, receipt: Answer, db: Database) -> None:
    takes(db, receipt.reference, state="closed", closed_by="x", closed_at=MONDAY, outcome="resolved")
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Clos à 10:00." in page
    assert "Retrouvé !" not in page


def test_the_reporter_reads_what_staff_answered_and_not_who(
    contractor: Contractor, receipt: Answer, db: Database
) -> None:
    reply(db, receipt.reference, "Merci.\n<b>On passe</b> MARKER-9020", actor=MANAGER, now=MONDAY)
    page = words(contractor.asks_after(receipt.follow_up_code))
    assert "Réponse\u00a0: le responsable d'immeuble" in page
    assert "Merci.\n&lt;b&gt;On passe&lt;/b&gt; MARKER-9020" in contractor.asks_after(receipt.follow_up_code).page
    assert "Durand" not in page
    assert "MARKER-7261" not in page


def test_a_detail_is_added_and_never_shown_back(
    contractor: Contractor, receipt: Answer, db: Database, settings: Settings
) -> None:
    answer = adds(contractor, receipt.follow_up_code.lower(), text="Porte B MARKER-4411")
    assert is_added(answer)
    assert "MARKER" not in answer.page
    assert kept(db, settings, receipt.reference) == ["Porte B MARKER-4411"]
    assert "MARKER" not in contractor.asks_after(receipt.follow_up_code).page


def test_pressing_twice_adds_once(contractor: Contractor, receipt: Answer, db: Database, settings: Settings) -> None:
    key = str(uuid4())
    answers = [adds(contractor, receipt.follow_up_code, text="Porte B", submission_id=key) for _ in range(3)]
    assert all(is_added(answer) for answer in answers)
    assert kept(db, settings, receipt.reference) == ["Porte B"]


def test_found_closes_the_report_and_is_not_offered_again(
    contractor: Contractor, receipt: Answer, db: Database
) -> None:
    assert "Retrouvé\u00a0!" in contractor.asks_after(receipt.follow_up_code).screen
    answer = adds(contractor, receipt.follow_up_code, says="found")
    assert is_added(answer)
    assert "Retrouvé\u00a0: clos à 10:00." in answer.screen
    assert "Retrouvé\u00a0!" not in answer.screen


def test_what_was_never_missing_cannot_be_found(contractor: Contractor, db: Database) -> None:
    receipt = contractor.sends("virus", description="x")
    assert "Retrouvé" not in contractor.asks_after(receipt.follow_up_code).screen
    adds(contractor, receipt.follow_up_code, says="found", text="plus rien")
    found = report_status.find(db, receipt.reference)
    assert found is not None
    assert found.state == "open"


def test_the_addition_has_a_truth_of_its_own(
    contractor: Contractor, receipt: Answer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.web.public.followed.nothing_leaves", lambda: False)
    for _ in range(2):  # the MSSI's and the DPO's
        outcomes.record_sent(db, claim(db, MONDAY), Ending("sent", "dot", "250 ok"), MONDAY)
    key = str(uuid4())
    page = adds(contractor, receipt.follow_up_code, text="Porte B", submission_id=key).screen
    assert page.count("Transmis à 10:00.") == 1
    assert page.count("Transmission en cours") == 1
    outcomes.record_sent(db, claim(db, MONDAY), Ending("sent", "dot", "250 ok"), MONDAY)
    line = contractor.client.post("/fr/transmission", data={"addition": key, "shown": "sending"})
    assert "Transmis au responsable de la sécurité à 10:00." in line.text
    assert 'id="addition-transmission"' in line.text


@pytest.mark.parametrize("key", ["", "7K4-92Q-MX3", "0d89d6d5-916b-4a41-bea7-54cb521e1a23", "x" * 1000])
def test_an_unknown_addition_changes_no_line(key: str, contractor: Contractor) -> None:
    assert contractor.client.post("/fr/transmission", data={"addition": key, "shown": "sending"}).status_code == 204


def test_wrong_and_expired_codes_cannot_be_told_apart(
    contractor: Contractor, receipt: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = contractor.asks_after("0000-0000-0000-0000")
    monkeypatch.setattr(clock, "now", lambda: MONDAY + LIFETIME)
    expired = contractor.asks_after(receipt.follow_up_code)
    assert (expired.status, wrong.status) == (422, 422)
    assert expired.page.replace(receipt.follow_up_code, "") == wrong.page.replace("0000-0000-0000-0000", "")
    added = adds(contractor, receipt.follow_up_code, text="x")
    assert added.page == expired.page


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": " \r\n"}, {}])
def test_nothing_to_add_is_asked_for_again(fields: dict[str, str], contractor: Contractor, receipt: Answer) -> None:
    answer = adds(contractor, receipt.follow_up_code, **fields)
    assert answer.status == 422
    assert "Écrivez d'abord ce que vous voulez ajouter." in words(answer)


def test_too_long_a_text_stays_whole_to_be_shortened(contractor: Contractor, receipt: Answer, db: Database) -> None:
    long = "é" * (ADDITION_LIMIT + 1)
    answer = adds(contractor, receipt.follow_up_code, text=long)
    assert (answer.status, db["additions"].count) == (422, 0)
    assert long in answer.page
    assert is_added(adds(contractor, receipt.follow_up_code, text=long[1:], submission_id=answer.submission_id))


def test_a_post_from_elsewhere_is_shown_again_instead_of_stored(
    contractor: Contractor, receipt: Answer, db: Database
) -> None:
    key = str(uuid4())
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = adds(contractor, receipt.follow_up_code, headers=elsewhere, text="Porte B", submission_id=key)
    assert (answer.status, db["additions"].count) == (403, 0)
    assert "arrive d'un autre site" in words(answer)
    assert answer.submission_id != key
    assert is_added(adds(contractor, receipt.follow_up_code, text="Porte B", submission_id=answer.submission_id))


def test_a_commit_that_is_not_confirmed_keeps_every_word_and_the_retry_adds_once(
    contractor: Contractor, receipt: Answer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise NotConfirmed("the disk is full")

    key = str(uuid4())
    monkeypatch.setattr(follow_up, "add", fail)
    answer = adds(contractor, receipt.follow_up_code, text="Porte B\nMARKER-4411", submission_id=key)
    assert answer.status == 503
    assert "Pas encore ajouté." in answer.page
    assert TEXT.findall(answer.screen) == ["Porte B\nMARKER-4411"]
    assert answer.submission_id == key
    monkeypatch.undo()
    assert is_added(adds(contractor, receipt.follow_up_code, text="Porte B\nMARKER-4411", submission_id=key))
    assert db["additions"].count == 1


def test_a_crash_after_the_commit_keeps_every_word_too(
    contractor: Contractor, receipt: Answer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up, "page_of", lambda *arguments, **options: 1 / 0)
    answer = adds(contractor, receipt.follow_up_code, text="Porte B")
    assert (answer.status, TEXT.findall(answer.screen)) == (500, ["Porte B"])
    monkeypatch.undo()
    adds(contractor, receipt.follow_up_code, text="Porte B", submission_id=answer.submission_id)
    assert db["additions"].count == 1


def test_bytes_that_are_no_text_are_added_as_far_as_they_can_be_read(
    contractor: Contractor, receipt: Answer, db: Database, settings: Settings
) -> None:
    body = f"code={receipt.follow_up_code}&says=detail&text=".encode() + b"caf\xe9"
    contractor.client.post("/fr/follow-up", data=body, content_type="application/x-www-form-urlencoded")
    assert kept(db, settings, receipt.reference) == ["caf%E9"]


def test_neither_code_nor_words_reach_an_address_or_a_log(
    contractor: Contractor, receipt: Answer, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    page = adds(contractor, receipt.follow_up_code, text="MARKER-4411").page
    addresses = re.findall(r'(?:href|action|hx-post|src)="([^"]*)"', page)
    assert not [address for address in addresses if receipt.follow_up_code in address or receipt.reference in address]
    assert receipt.follow_up_code not in caplog.text
    assert "MARKER" not in caplog.text


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_page_comes_as_one_piece_in_every_language(language: str, contractor: Contractor, receipt: Answer) -> None:
    said = {"code": receipt.follow_up_code, "says": "detail", "text": "x"}
    page = contractor.client.post(f"/{language}/follow-up", data=said, headers={"HX-Request": "true"}).text
    assert page.startswith('<main id="screen"')
    assert page.count("<main") == page.count("</main>") == 1
    assert "data-forget" in page
