"""From a report to a receipt: who is written to, and what the trace says when something is not as it should be."""

from email import message_from_bytes, policy
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.reference import follow_up_hash, references
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.mail import render
from kiosk.reporting.accept import accept
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.reports import follow_up
from kiosk.store.trace import events
from tests.build import MAILS, NOON, store

SUBMISSION = Submission(UUID("5f0c7a52-8e1d-4b6f-9a3e-2d4c6b8a0f13"))
FIRST, SECOND, THIRD = islice(references(SUBMISSION), 3)


@pytest.fixture
def report() -> Report:
    return Report(
        submission=SUBMISSION,
        kind_code="theft",
        site="siege",
        terminal="hall",
        language="fr",
        received_at=NOON,
        description="Un ordinateur a disparu",
    )


def trace(db: Database, reference: str) -> list[str]:
    return [row["action"] for row in db["events"].rows_where("reference = ?", [reference], order_by="id")]


def audiences(db: Database) -> list[str]:
    return [row["audience_id"] for row in db["deliveries"].rows]


def test_the_receipt_is_that_of_the_stored_report(db: Database, settings: Settings, report: Report) -> None:
    receipt = accept(db, settings, report, NOON)
    assert (receipt.reference, receipt.committed_at, receipt.is_new) == (FIRST, NOON, True)
    found = follow_up.find(db, follow_up_hash(receipt.follow_up_code, follow_up_secret(db)))
    assert found is not None
    assert found.report.reference == FIRST


def test_references_that_are_taken_are_passed_over_and_the_trace_counts_them(
    db: Database, settings: Settings, report: Report
) -> None:
    store(db, reference=FIRST)
    store(db, reference=SECOND)
    assert accept(db, settings, report, NOON).reference == THIRD
    assert trace(db, THIRD)[:3] == ["reference_clash", "reference_clash", "report_received"]
    assert accept(db, settings, report, NOON).reference == THIRD, "a retry finds it there"


def test_an_audience_without_an_address_gets_an_event_instead_of_a_mail(
    db: Database, settings: Settings, report: Report
) -> None:
    accept(db, settings, report, NOON)
    assert audiences(db) == ["mssi", "dpo"]
    assert trace(db, FIRST) == ["report_received", "audience_without_address"]
    assert db["events"].count == 2


def test_a_mail_that_cannot_be_composed_refuses_no_report_and_shows_in_the_trace(
    db: Database, settings: Settings, report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "templates_folder", lambda: tmp_path / "nowhere")
    assert accept(db, settings, report, NOON).is_new
    assert audiences(db) == ["mssi", "dpo"]
    assert "mail_fallback" in trace(db, FIRST)


def test_the_head_of_the_trace_travels_in_the_mails(db: Database, settings: Settings, report: Report) -> None:
    store(db, reference="000-000-000")
    before = events.head(db).digest.hex()
    accept(db, settings, report, NOON)
    bodies = [row[0] for row in db.execute(f"{MAILS} WHERE report_id = 2")]
    assert len(bodies) == 2
    assert all(before in plain_text(body) for body in bodies)


def test_the_mails_say_by_when_somebody_has_to_answer_and_who(db: Database, settings: Settings, report: Report) -> None:
    accept(db, settings, report, NOON)
    (body,) = db.execute(f"{MAILS} LIMIT 1").fetchone()
    first_lines = " ".join(plain_text(body).split("Description,")[0].split())
    assert (
        "À prendre en charge : avant le vendredi 20/11/2026 à 14:00 (par le responsable de l'immeuble, sinon par son"
        " suppléant)" in first_lines
    )


def plain_text(body: bytes) -> str:
    part = message_from_bytes(body, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())
