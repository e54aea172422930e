"""What reporters add: stored with its mails at once, once, and readable for staff alone."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.domain.report import Report
from kiosk.domain.submission import Sent, Submission
from kiosk.errors import NotConfirmed, StoreError
from kiosk.reporting.accept import accept
from kiosk.reporting.add import Added, Addition, add
from kiosk.store.base.connection import open_database
from kiosk.store.keys import site_keys
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import additions, report_status
from kiosk.store.reports.additions import transmission
from kiosk.store.reports.follow_up import LIFETIME, Followed, follow
from kiosk.store.reports.report_status import Change, ReportStatus
from kiosk.store.trace.events import Event
from tests.build import MAILS, NOON, erase_unasked
from tests.unit.mails import Mail

REPORT = Report(
    submission=Submission(UUID(int=7, version=4)),
    kind_code="lost_access",
    site="siege",
    terminal="hall",
    language="fr",
    received_at=NOON,
    description="Badge perdu",
)
LATER = NOON + timedelta(hours=1)


def an_addition(text: str = "C'était le badge gris MARKER-4411", *, number: int = 1, found: bool = False) -> Addition:
    return Addition(
        submission=Submission(UUID(int=number, version=4)),
        found=found,
        text=text,
        language="fr",
        terminal="hall",
        received_at=LATER,
    )


@pytest.fixture
def followed(db: Database, settings: Settings) -> Followed:
    return follow_again(db, accept(db, settings, REPORT, NOON).follow_up_code)


def follow_again(db: Database, code: str = REPORT.follow_up_code) -> Followed:
    found = follow(db, code, LATER)
    assert found is not None
    return found


def report_now(db: Database, followed: Followed) -> ReportStatus:
    report = report_status.find(db, followed.report.reference)
    assert report is not None
    return report


def mails(db: Database) -> list[Mail]:
    rows = db.execute(f"{MAILS} WHERE purpose = 'addition'")
    return [Mail(row[0]) for row in rows]


def actions(db: Database) -> list[str]:
    return [row["action"] for row in db["events"].rows]


def test_a_detail_is_kept_sealed_and_staff_can_read_it(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition())
    (row,) = db["additions"].rows
    assert b"MARKER-4411" not in row["content"]
    (kept,) = additions.of_report(db, followed.report, site_keys.in_files(db, settings.secrets))
    assert (kept.text, kept.found, kept.received_at) == ("C'était le badge gris MARKER-4411", False, LATER)


def test_everybody_who_was_told_gets_it_in_the_thread_of_the_report(
    db: Database, settings: Settings, followed: Followed
) -> None:
    first = [row[0] for row in db.execute("SELECT audience_id FROM deliveries")]
    add(db, settings, followed, an_addition())
    rows = db.execute("SELECT audience_id FROM deliveries WHERE purpose = 'addition' ORDER BY id")
    assert [row[0] for row in rows] == first == ["mssi", "dpo"]
    root = f"<{followed.report.reference.lower()}@assurance-maladie.fr>"
    assert [(mail.parsed["In-Reply-To"], mail.parsed["References"]) for mail in mails(db)] == [(root, root)] * 2


def test_the_subject_is_that_of_the_first_mail(db: Database, settings: Settings, followed: Followed) -> None:
    (first,) = [Mail(row[0]) for row in db.execute(f"{MAILS} LIMIT 1")]
    add(db, settings, followed, an_addition())
    assert {str(mail.parsed["Subject"]) for mail in mails(db)} == {str(first.parsed["Subject"])}


def test_somebody_who_is_no_longer_in_charge_gets_nothing_more(
    db: Database, settings: Settings, followed: Followed
) -> None:
    without_dpo = tuple(each for each in settings.audiences if each.id != "dpo")
    add(db, replace(settings, audiences=without_dpo), followed, an_addition())
    assert [mail.parsed["To"].addresses[0].username for mail in mails(db)] == ["contact-ssi.cpam-marseille"]


def test_the_same_addition_twice_is_one(db: Database, settings: Settings, followed: Followed) -> None:
    first = add(db, settings, followed, an_addition())
    again = add(db, settings, followed, replace(an_addition(), received_at=LATER + timedelta(minutes=5)))
    assert again == first == Added(an_addition().submission, LATER)
    assert db["additions"].count == 1
    assert len(mails(db)) == 2
    assert actions(db).count("addition_received") == 1


def test_the_same_words_under_the_same_id_can_be_added_to_another_report(
    db: Database, settings: Settings, followed: Followed
) -> None:
    second = replace(REPORT, submission=Submission(UUID(int=8, version=4)))
    other = follow_again(db, accept(db, settings, second, NOON).follow_up_code)
    for report in (followed, other, other, followed):
        add(db, settings, report, an_addition())
    key = site_keys.in_files(db, settings.secrets)
    assert [len(additions.of_report(db, each.report, key)) for each in (followed, other)] == [1, 1]


def test_other_words_under_the_same_id_are_another_addition(
    db: Database, settings: Settings, followed: Followed
) -> None:
    add(db, settings, followed, an_addition())
    other = add(db, settings, followed, an_addition("Non : le bleu"))
    assert other.submission != an_addition().submission
    assert add(db, settings, followed, an_addition("Non : le bleu")) == other
    assert db["additions"].count == 2


def test_an_addition_never_shows_through_another_report(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition())
    accept(db, settings, replace(REPORT, submission=Submission(UUID(int=8, version=4))), NOON)
    other = follow_again(db, replace(REPORT, submission=Submission(UUID(int=8, version=4))).follow_up_code)
    identity = an_addition().submission.hash(Sent.ADDITION)
    found = additions.find_submission(db, identity, other.report)
    assert found is not None
    assert found.fingerprint == b""


def test_found_closes_the_report_and_says_so(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition("Dans ma voiture", found=True))
    report = report_now(db, followed)
    assert (report.state, report.outcome, report.closed_at) == ("closed", "found", LATER)
    assert actions(db)[-2:] == ["addition_received", "report_closed"]
    text = mails(db)[0].text
    assert text.startswith("RETROUVÉ")
    assert "Le signalement est\nclos" in text
    assert "Dans ma voiture" in text


def test_what_is_found_needs_nobody_any_more(db: Database, settings: Settings, followed: Followed) -> None:
    report = followed.report
    waiting = NewDelivery("deputy", "<next@in.line>", b"x", Purpose.ESCALATION, OnlyWhile.OPEN)
    escalated = Event(action="escalated", reference=report.reference)
    assert report_status.change(db, report, Change(values={"step": 1}, events=[escalated], mails=[waiting]), LATER)
    assert report_status.to_attend(db, now=LATER, slack=timedelta(0))
    add(db, settings, follow_again(db), an_addition(found=True))
    query = "SELECT state FROM deliveries WHERE purpose = 'escalation'"
    assert db.execute(query).fetchall() == [("cancelled",)]
    assert report_status.to_attend(db, now=LATER + timedelta(days=9), slack=timedelta(0)) == []
    recipients = db.execute("SELECT audience_id FROM deliveries WHERE purpose = 'addition'").fetchall()
    assert ("deputy",) not in recipients, "who was never told of it need not know that it is over"


def test_what_is_found_twice_is_closed_once(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition(found=True))
    add(db, settings, follow_again(db), an_addition(found=True, number=2))
    assert actions(db).count("report_closed") == 1
    assert "déjà clos" in mails(db)[-1].text.replace("\n", " ")


def test_a_detail_leaves_a_closed_report_closed(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition("", found=True))
    add(db, settings, follow_again(db), an_addition(number=2))
    assert report_now(db, followed).state == "closed"
    assert "Rouvrez-le" in mails(db)[-1].text


def test_a_code_opens_for_a_year(db: Database, settings: Settings, followed: Followed) -> None:
    assert follow(db, REPORT.follow_up_code, NOON + LIFETIME - timedelta(seconds=1)) is not None
    assert follow(db, REPORT.follow_up_code, NOON + LIFETIME) is None


def test_transmitted_tells_of_the_addition_and_not_of_the_report(
    db: Database, settings: Settings, followed: Followed
) -> None:
    db.execute("UPDATE deliveries SET state = 'sent', sent_at = '2026-11-20T12:00:01.000Z'")
    db.conn.commit()
    add(db, settings, followed, an_addition())
    found = transmission(db, an_addition().submission.hash(Sent.ADDITION))
    assert found is not None
    assert (found.transmitted_at, len(found.waiting)) == (None, 2)
    assert transmission(db, Submission(UUID(int=99, version=4)).hash(Sent.ADDITION)) is None


def test_when_the_disk_takes_nothing_more_nothing_is_half_done(
    db: Database, settings: Settings, followed: Followed
) -> None:
    with open_database(settings.database) as full:
        full.conn.execute("PRAGMA query_only = 1")
        with pytest.raises(NotConfirmed):
            add(full, settings, followed, an_addition(found=True))
    assert report_now(db, followed).state == "open"
    assert db["additions"].count == 0
    assert add(db, settings, followed, an_addition(found=True)).received_at == LATER


def test_a_mail_that_cannot_be_made_to_look_right_leaves_all_the_same(
    db: Database, settings: Settings, followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.mail.thread.addition._rows", lambda facts: None)
    add(db, settings, followed, an_addition())
    assert "mail_fallback" in actions(db)
    assert "MARKER-4411" in mails(db)[0].raw.decode("ascii")


def test_words_from_right_to_left_and_forged_lines_stay_a_quotation(
    db: Database, settings: Settings, followed: Followed
) -> None:
    words = replace(an_addition("وجدت الشارة\r\nDonnées techniques\x1b[2J"), language="ar")
    add(db, settings, followed, words)
    assert "    | Données techniques␛[2J" in mails(db)[0].text
    assert 'dir="rtl"' in mails(db)[0].html
    assert "(langue\u00a0: arabe)" in mails(db)[0].text


@pytest.mark.parametrize(
    "statement", ["DELETE FROM additions", "UPDATE additions SET found = 1", "UPDATE additions SET content = x'00'"]
)
def test_the_database_itself_refuses_to_lose_or_rewrite_an_addition(
    db: Database, settings: Settings, followed: Followed, statement: str
) -> None:
    add(db, settings, followed, an_addition())
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute(statement)
    db.conn.rollback()


def test_a_purged_addition_leaves_its_place(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition())
    erase_unasked(db, "UPDATE additions SET content = NULL")
    private = site_keys.in_files(db, settings.secrets)
    assert [kept.text for kept in additions.of_report(db, followed.report, private)] == [None]


def test_another_key_opens_nothing(db: Database, settings: Settings, followed: Followed) -> None:
    add(db, settings, followed, an_addition())
    with pytest.raises(StoreError):
        additions.of_report(db, followed.report, lambda _: X25519PrivateKey.generate())
