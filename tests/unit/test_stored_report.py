"""What staff read is what was said: a kept report opens to the very report that came in."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.catalogue import KINDS, Kind, Tristate
from kiosk.domain.cnil import NOTIFICATION_DELAY
from kiosk.domain.report import Report, SentFrom, Telling, TellingWay
from kiosk.domain.submission import Submission
from kiosk.errors import StoreError
from kiosk.mail.report.facts import Entered
from kiosk.reporting.accept import accept
from kiosk.store.keys import site_keys
from kiosk.store.reports.stored_report import Opened, find, open_report, report_of
from tests.unit.mails import facts
from tests.unit.mails import mail as mail_of
from tests.unit.test_mail_facts import NOW, full, report
from tests.unit.test_mail_payload import SCHEMA, problems

TOLD = Telling(NOW - timedelta(hours=3), TellingWay.PAPER, "Camille Exemple", "camille")
BY_STAFF = {"told": TOLD, "sent_from": SentFrom.STAFF, "terminal": None}


def kept_again(db: Database, settings: Settings, told: Report) -> Report:
    told = replace(told, submission=Submission())
    kept = find(db, accept(db, settings, told, told.received_at).reference)
    assert kept
    opened = open_report(kept.sealed, site_keys.in_files(db, settings.secrets))
    again = report_of(kept, opened, {"camille": "Camille Exemple"})
    return replace(again, submission=told.submission)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("choice", [0, 99])
def test_a_kept_report_says_all_that_was_said(db: Database, settings: Settings, kind: Kind, choice: int) -> None:
    told = full(kind, choice)
    again = kept_again(db, settings, told)
    assert again.fingerprint() == replace(told, submission=again.submission).fingerprint()
    assert replace(again, submission=told.submission) == told


def test_a_question_left_out_is_still_known_to_be_left_out(db: Database, settings: Settings) -> None:
    said_nothing = kept_again(db, settings, report("virus"))
    assert (said_nothing.ongoing, said_nothing.personal_data_answer) == (None, None)
    in_doubt = kept_again(
        db, settings, report("virus", ongoing=Tristate.UNKNOWN, personal_data_answer=Tristate.UNKNOWN)
    )
    assert (in_doubt.ongoing, in_doubt.personal_data_answer) == (Tristate.UNKNOWN, Tristate.UNKNOWN)


def test_a_purged_report_still_tells_its_clear_columns(db: Database, settings: Settings) -> None:
    kept = find(db, accept(db, settings, full(KINDS["theft"], 0), NOW).reference)
    assert kept
    purged = report_of(kept, Opened(None, None))
    assert (purged.kind_code, purged.zone, purged.description, purged.answers) == ("theft", "zone-3", "", {})


def test_another_sites_key_opens_nothing(db: Database, settings: Settings) -> None:
    kept = find(db, accept(db, settings, full(KINDS["theft"], 0), NOW).reference)
    assert kept
    with pytest.raises(StoreError):
        open_report(kept.sealed, lambda _: X25519PrivateKey.generate())


def test_a_report_told_on_paper_counts_from_when_it_was_told(db: Database, settings: Settings) -> None:
    again = kept_again(db, settings, report("theft", **BY_STAFF))
    assert again.told == TOLD
    assert again.declared_at == TOLD.at
    assert again.deadline == TOLD.at + NOTIFICATION_DELAY
    assert again.received_at == NOW


def test_its_trace_tells_who_typed_it(db: Database, settings: Settings) -> None:
    reference = accept(db, settings, report("theft", **BY_STAFF), NOW).reference
    found = db.execute("SELECT actor, action FROM events WHERE reference = ?", (reference,)).fetchall()
    assert found[:1] == [("camille", "report_entered")]


def test_when_it_was_told_can_not_be_changed(db: Database, settings: Settings) -> None:
    accept(db, settings, report("theft", **BY_STAFF), NOW)
    with pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
        db.execute("UPDATE reports SET told_at = received_at")


def test_its_mail_keeps_apart_when_it_was_told_and_when_it_was_typed() -> None:
    entered = Entered(facts().received_at - timedelta(hours=3), "paper", "sur papier", "Camille Exemple")
    made = mail_of(entered=entered)
    text = " ".join(made.text.split())
    assert "samedi 21/11/2026 à 06:12, heure de Paris (sur papier, à Camille Exemple)" in text
    assert "Saisi : samedi 21/11/2026 à 09:12, pour le compte de la personne, par Camille Exemple" in text
    assert made.payload["entered"] == {
        "at": "2026-11-21T08:12:00.000Z",
        "by": "Camille Exemple",
        "told": "paper",
    }
    assert made.payload["declared_at"] == "2026-11-21T05:12:00.000Z"
    assert list(problems(made.payload, SCHEMA)) == []
