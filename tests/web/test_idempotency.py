"""However often a form is sent, it is one report, and its reporter gets the same receipt."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask

from kiosk import clock
from kiosk.config import Settings
from kiosk.errors import NotConfirmed, StoreError
from kiosk.web.public import receipt, report
from tests.build import NOON
from tests.web.contractor import Contractor, Organisation


@pytest.fixture
def key() -> str:
    return str(uuid4())


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_five_posts_of_a_form_are_one_report(contractor: Contractor, organisation: Organisation, key: str) -> None:
    answers = [contractor.sends(description="Vu", submission_id=key) for _ in range(5)]
    assert {answer.reference for answer in answers} == {answers[0].reference}
    assert {answer.follow_up_code for answer in answers} == {answers[0].follow_up_code}
    assert organisation.reports == 1


def test_a_retry_after_a_lost_response_finds_the_first_copy(
    contractor: Contractor, organisation: Organisation, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(NOON, monkeypatch)
    lost = contractor.sends(description="Vu", submission_id=key)
    at(NOON + timedelta(seconds=100), monkeypatch)
    again = contractor.sends(description="Vu", submission_id=key)
    assert (again.reference, again.follow_up_code) == (lost.reference, lost.follow_up_code)
    assert organisation.reports == 1


def test_whoever_reloads_the_receipt_later_sees_the_reference_but_no_code(
    contractor: Contractor, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(NOON, monkeypatch)
    first = contractor.sends(description="Vu", submission_id=key)
    at(NOON + timedelta(minutes=2), monkeypatch)
    later = contractor.sends(description="Vu", submission_id=key)
    assert (later.is_receipt, later.reference) == (True, first.reference)
    assert not later.shows_code
    assert first.follow_up_code not in later.page


def test_another_text_under_the_same_key_is_another_report(
    contractor: Contractor, organisation: Organisation, key: str
) -> None:
    first = contractor.sends(description="La porte", submission_id=key)
    second = contractor.sends(description="La fenêtre", submission_id=key)
    again = contractor.sends(description="La fenêtre", submission_id=key)
    assert first.reference != second.reference == again.reference
    assert organisation.reports == 2
    assert organisation.content(first.reference)["description"] == "La porte"


@pytest.mark.parametrize("given", ["", "no-uuid", "0" * 32, "6fa459ea-ee8a-11ec-9d64-0242ac120002", "x" * 100_000])
def test_a_key_that_is_none_is_replaced_and_the_report_taken(
    given: str, contractor: Contractor, organisation: Organisation
) -> None:
    one = contractor.sends(description="Vu", submission_id=given)
    two = contractor.sends(description="Vu", submission_id=given)
    assert one.reference != two.reference
    assert organisation.reports == 2


def test_every_form_brings_a_key_of_its_own(contractor: Contractor) -> None:
    pages = [contractor.opens("/fr/report/theft") for _ in range(3)]
    assert len({page.submission_id for page in pages}) == 3


def test_the_key_is_kept_when_the_form_comes_back(contractor: Contractor, key: str) -> None:
    assert contractor.sends(submission_id=key).submission_id == key


def test_a_form_of_last_year_and_of_another_server_is_accepted(
    app: Flask, contractor: Contractor, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contractor.opens("/fr/report/theft")
    app.config["SECRET_KEY"] = "another"
    at(NOON + timedelta(days=3650), monkeypatch)
    assert contractor.sends(description="Vu", submission_id=key).is_receipt


@pytest.mark.parametrize("trouble", [NotConfirmed("the disk"), StoreError("the file")])
def test_a_commit_that_is_not_confirmed_keeps_every_word_and_the_key(
    trouble: Exception, contractor: Contractor, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise trouble

    monkeypatch.setattr(report, "accept", fail)
    answer = contractor.sends(description="MARKER-7261", zone="zone-2", submission_id=key)
    assert answer.status == 503
    assert "Pas encore enregistré" in answer.page
    assert "MARKER-7261" in answer.page
    assert 'id="zone-zone-2" autocomplete="off" checked' in answer.page
    assert answer.submission_id == key
    monkeypatch.undo()
    assert contractor.sends(description="MARKER-7261", zone="zone-2", submission_id=answer.submission_id).is_receipt


def test_a_crash_after_the_commit_keeps_every_word_and_the_retry_finds_the_report(
    contractor: Contractor, organisation: Organisation, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(receipt, "progress_of", fail)
    answer = contractor.sends(headers={"HX-Request": "true"}, description="MARKER-7261", submission_id=key)
    assert (answer.status, "MARKER-7261" in answer.page, answer.submission_id) == (500, True, key)
    monkeypatch.undo()
    assert contractor.sends(description="MARKER-7261", submission_id=key).is_receipt
    assert organisation.reports == 1


def test_a_database_that_cannot_be_opened_is_said_before_anybody_types(
    contractor: Contractor, settings: Settings
) -> None:
    for file in settings.instance.glob("kiosk.db*"):
        file.unlink()
    settings.database.write_bytes(b"no database" * 1000)
    assert "Cette borne est hors service." in contractor.opens("/").page
    answer = contractor.sends(description="MARKER-7261")
    assert (answer.status, "MARKER-7261" in answer.page) == (503, True)


def test_no_word_of_a_failed_report_stands_in_the_log(
    contractor: Contractor, key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(receipt, "progress_of", lambda *arguments: 1 / 0)
    contractor.sends(description="MARKER-7261", name="MARKER-7261", submission_id=key)
    assert "ZeroDivisionError" in caplog.text
    assert "MARKER" not in caplog.text
    assert key not in caplog.text
