"""A wrong clock erases nothing, and content goes only after the MSSI was told in time which reports it is."""

import dataclasses
import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.keeping.announcement import announce
from kiosk.keeping.purge import keep_no_longer
from kiosk.store.instance import directory
from kiosk.store.keeping import announcements, holds
from kiosk.store.outbox import outcomes
from kiosk.store.reports import report_status
from tests.build import MAILS, NOON, claim
from tests.duty import staffed
from tests.retention import REFERENCE, SENT, a_report, actions, announced, deliver_all, kept, live, steady

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WHOLE, WITHOUT_CONTACT, GONE = (True, True), (True, False), (False, False)


@pytest.fixture
def told(db: Database, settings: Settings) -> Settings:
    """The MSSI has an address."""
    settings = staffed(settings)
    directory.sync(db, settings.sites, settings.audiences)
    return settings


def texts(db: Database) -> list[str]:
    rows = db.execute(f"{MAILS} WHERE purpose = 'retention' ORDER BY deliveries.id")
    mails = [message_from_bytes(row[0], policy=policy.default) for row in rows]
    return [" ".join(str(mail.get_body(("plain",)).get_content()).split()) for mail in mails]  # type: ignore[attr-defined]


@pytest.mark.parametrize("years", [10, 1])
def test_a_clock_that_jumps_ahead_erases_nothing(db: Database, told: Settings, years: int) -> None:
    a_report(db)
    announced(db, NOON)
    steady(db, NOON)
    ahead = NOON + timedelta(days=365 * years + 1)
    for hour in range(24 * 4):
        live(db, told, ahead + hour * HOUR, turns=2)
    assert kept(db) == {REFERENCE: WHOLE}
    assert texts(db) == []
    assert ("kiosk", "retention_paused") in actions(db)
    live(db, told, NOON + 2 * HOUR, turns=2)  # the clock was corrected: that is a jump too
    assert actions(db).count(("kiosk", "retention_paused")) == 2
    assert not announcements.outlook(db).steady


def test_after_a_week_without_another_jump_it_goes_on(db: Database, told: Settings) -> None:
    a_report(db)
    steady(db, NOON)
    later = NOON + 61 * DAY  # the machine was off for two months
    for day in range(7):
        assert kept(db) == {REFERENCE: WHOLE}
        live(db, told, later + day * DAY)
    assert kept(db) == {REFERENCE: WITHOUT_CONTACT}


def test_a_weekend_is_no_jump(db: Database, told: Settings) -> None:
    a_report(db)
    steady(db, NOON + 58 * DAY)
    live(db, told, NOON + 60 * DAY + 20 * HOUR)
    assert kept(db) == {REFERENCE: WITHOUT_CONTACT}


def test_the_mssi_reads_what_will_go_a_week_ahead_and_once(db: Database, told: Settings) -> None:
    a_report(db)
    soon = NOON + 351 * DAY + HOUR
    for day in range(14):
        steady(db, soon + day * DAY)
        live(db, told, soon + day * DAY, turns=3)
    (text,) = texts(db)
    for words in (
        "1 signalement bientôt effacé",
        f"{REFERENCE} : Virus ou comportement anormal d'un poste · Siège · reçu le 20/11/2026 · à partir du 20/11/2027",
        "Rien n'est effacé moins de 7 jours après l'envoi de ce courriel",
        "choisissez « Geler »".replace(" »", "\u00a0»").replace("« ", "«\u00a0").replace("\u00a0", " "),
    ):
        assert words in text.replace("\u00a0", " "), text
    assert "une fenetre" not in text
    assert "Martin" not in text
    assert [action for _, action in actions(db)].count("purge_announced") == 1


def test_no_mail_is_written_about_nothing_and_none_where_the_contract_asks_for_no_notice(
    db: Database, told: Settings
) -> None:
    a_report(db)
    for settings, now in (
        (told, NOON + 340 * DAY),
        (dataclasses.replace(told, retention=dataclasses.replace(told.retention, notice=0)), NOON + 360 * DAY),
    ):
        steady(db, now)
        live(db, settings, now, turns=3)
    assert texts(db) == []


def test_content_waits_until_the_relay_has_taken_the_mail_and_the_notice_has_passed(
    db: Database, told: Settings
) -> None:
    a_report(db)
    late = NOON + 400 * DAY  # it is long since due: nobody has been told yet
    steady(db, late)
    live(db, told, late)
    for day in (8, 30):
        steady(db, late + day * DAY)
        live(db, told, late + day * DAY)
        assert kept(db) == {REFERENCE: WITHOUT_CONTACT}
    assert len(texts(db)) == 1
    sent = late + 31 * DAY
    outcomes.record_sent(db, claim(db, sent), SENT, sent)
    for day, found in ((6, WITHOUT_CONTACT), (7, GONE)):
        steady(db, sent + day * DAY + HOUR)
        live(db, told, sent + day * DAY + HOUR)
        assert kept(db) == {REFERENCE: found}


def test_what_was_opened_again_after_the_mail_is_announced_anew(db: Database, told: Settings) -> None:
    a_report(db)
    announced(db, NOON + 360 * DAY)
    db.execute("UPDATE reports SET closed_at = '2027-11-16T12:00:00.000Z'")
    now = NOON + 800 * DAY
    steady(db, now)
    live(db, told, now)
    assert kept(db) == {REFERENCE: WITHOUT_CONTACT}
    assert len(texts(db)) == 1


def test_one_mail_a_week_and_what_is_held_stands_in_none(db: Database, told: Settings) -> None:
    a_report(db)
    a_report(db, reference="000-000-001")
    holds.place(db, report_status.get(db, "000-000-001"), "litigation", actor="camille", now=NOON)
    now = NOON + 400 * DAY
    steady(db, now)
    live(db, told, now)
    assert "000-000-001" not in texts(db)[0]
    holds.release(db, report_status.get(db, "000-000-001"), actor="camille", now=now)
    deliver_all(db, now)
    for day, mails in ((6, 1), (8, 2)):
        steady(db, now + day * DAY)
        live(db, told, now + day * DAY)
        assert [action for _, action in actions(db)].count("purge_announced") == mails


def test_where_the_mssi_has_no_address_the_trace_says_so_and_the_notice_still_runs(
    db: Database, settings: Settings
) -> None:
    a_report(db)
    settings = staffed(settings, mssi="")
    directory.sync(db, settings.sites, settings.audiences)
    now = NOON + 400 * DAY
    announce(db, settings, announcements.outlook(db), now)
    assert actions(db)[-2:] == [("kiosk", "purge_announced"), ("kiosk", "audience_without_address")]
    steady(db, now + 8 * DAY)
    live(db, settings, now + 8 * DAY)
    assert kept(db) == {REFERENCE: GONE}


def test_nothing_is_asked_between_two_looks(db: Database, settings: Settings) -> None:
    keep_no_longer(db, settings, NOON)
    seen: list[str] = []
    db.conn.set_trace_callback(seen.append)
    keep_no_longer(db, settings, NOON + timedelta(minutes=59))
    db.conn.set_trace_callback(None)
    assert [re.findall(r"FROM (\w+)", query) for query in seen] == [["retention"]]
