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
    app.logger.error("a line with \x1b[2J\nALL IS WELL\x85\u202e")
    logged = [record.getMessage() for record in caplog.records]
    assert logged == ["internal error in the view report.show", "a line with \\x1b[2J\\nALL IS WELL\\x85\\u202e"]


def test_our_own_errors_keep_their_sentence(
    app: Flask, contractor: Contractor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object) -> None:
        raise NotConfirmed("the database did not confirm a change (disk I/O error)")

    monkeypatch.setattr("kiosk.web.public.report.accept", fail)
    with caplog.at_level(logging.ERROR):
        assert contractor.sends(description="un doute").status == 503
    assert "disk I/O error" in caplog.text


def test_no_log_tells_a_path(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    anna = a_member(db)
    monkeypatch.setattr("kiosk.store.staff.accounts.member_of_link", lambda *told: anna)
    monkeypatch.setattr("kiosk.web.staff.account.first_password.judged", lambda member, pair: 1 / 0)
    assert staff_app(settings).test_client().post("/first-password/MARKER-3381").status_code == 500
    assert serve.discreet in logging.getLogger("waitress").filters
    logging.getLogger("waitress").error("Exception while serving /fr/MARKER-3381\n/and/MARKER more")
    assert "MARKER" not in caplog.text
    assert [record.getMessage() for record in caplog.records] == [
        "internal error in the view first_password.choose",
        "Exception while serving a request",
    ]


@pytest.mark.parametrize("path", ["/fr/receipt/MARKER-3381", "/" + "MARKER" * 5_000])
def test_a_client_that_hangs_up_is_not_logged(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("waitress").info(f"Client disconnected while serving {path}")  # noqa: G004 - as waitress does
        logging.getLogger("waitress").info("another line of waitress")
        logging.getLogger("waitress").warning("Malformed header %s", "x" * 30_000)
    assert "MARKER" not in caplog.text
    assert "Client disconnected" not in caplog.text
    assert "another line of waitress" in caplog.text
    assert max(len(record.getMessage()) for record in caplog.records) == serve.LONGEST_LINE
