"""What a log says of an error: enough to mend it, nothing of a report, and no letters that play tricks."""

import logging

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import staff_app
from kiosk.config import Settings
from kiosk.errors import NotConfirmed
from kiosk.web.shared import serve
from tests.staff import a_member
from tests.web.contractor import Contractor


def test_the_text_of_an_unknown_error_is_not_logged(
    app: Flask, contractor: Contractor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = "MARKER-3381"

    def fail(*arguments: object) -> None:
        raise LookupError(said)

    monkeypatch.setattr("kiosk.web.public.report.accept", fail)
    answer = contractor.sends(description=said)
    assert (answer.status, said in answer.page) == (500, True)
    assert said not in caplog.text
    assert "LookupError" in caplog.text
    assert "in fail" in caplog.text


def test_a_visitor_cannot_write_lines_of_their_own_into_the_log(
    app: Flask, contractor: Contractor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(kind: str) -> None:
        raise LookupError(kind)

    monkeypatch.setattr("kiosk.web.public.report.kind_of", fail)
    assert contractor.opens("/fr/report/x%1b[2J%0aALL%20IS%20WELL%c2%85%e2%80%ae").status == 500
    logged = "".join(record.getMessage() for record in caplog.records)
    assert "\\x1b[2J\\nALL IS WELL\\x85\\u202e" in logged
    assert not any(letter in logged for letter in "\x1b\n\x85\u202e")


def test_our_own_errors_keep_their_sentence(
    app: Flask, contractor: Contractor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise NotConfirmed("the database did not confirm a change (disk I/O error)")

    monkeypatch.setattr("kiosk.web.public.report.accept", fail)
    with caplog.at_level(logging.ERROR):
        assert contractor.sends(description="un doute").status == 503
    assert "disk I/O error" in caplog.text


def test_no_log_tells_the_link_that_chooses_a_password(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    anna = a_member(db)
    monkeypatch.setattr("kiosk.store.staff.accounts.member_of_link", lambda *told: anna)
    monkeypatch.setattr("kiosk.web.staff.account.first_password.judged", lambda member, pair: 1 / 0)
    assert staff_app(settings).test_client().post("/first-password/MARKER-3381").status_code == 500
    assert serve.discreet in logging.getLogger("waitress").filters
    logging.getLogger("waitress").error("Client disconnected while serving /first-password/MARKER-3381")
    assert "MARKER" not in caplog.text
    assert caplog.text.count("/first-password/…") == 2
