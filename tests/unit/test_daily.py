"""Every day a mail to the MSSI, once, whatever happened; and it tells all that the one before did not."""

import dataclasses
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Audience, Settings, Smtp
from kiosk.mail.trace_header import heads_in
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from kiosk.store.trace import events
from kiosk.watch.daily_mail import last_due, write_daily
from tests.build import MAILS, store
from tests.unit.mails import Mail

EVE = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 16:00 in Paris
SEVEN = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 07:00 in Paris
REFERENCES = ("000-000-000", "000-000-001", "000-000-002", "000-000-003")


@pytest.fixture
def db(settings: Settings) -> Database:
    """Set up the afternoon before."""
    return start.prepare(settings, EVE)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With nothing wrong."""
    audiences = tuple(dataclasses.replace(each, address="a@organisme.example") for each in settings.audiences)
    return dataclasses.replace(settings, smtp=Smtp(host="127.0.0.1"), audiences=audiences)


def mails(db: Database) -> list[Mail]:
    rows = db.execute(f"{MAILS} WHERE purpose = 'daily' ORDER BY 1")
    return [Mail(row[0]) for row in rows]


def subjects(db: Database) -> list[str]:
    return [str(mail.parsed["Subject"]) for mail in mails(db)]


def all_leave(db: Database, now: datetime) -> None:
    """As if the relay had taken everything, but the bodies stay for us to read."""
    with immediate(db):
        db.execute(
            "UPDATE deliveries SET state = 'sent', sent_at = ? WHERE state = 'queued'",
            (clock.to_text(now),),
        )


def test_before_its_hour_there_is_none_and_then_one_however_often_it_is_asked_for(
    db: Database, settings: Settings
) -> None:
    write_daily(db, settings, SEVEN - timedelta(seconds=1))
    assert subjects(db) == []
    for second in range(3):
        write_daily(db, settings, SEVEN + timedelta(seconds=second))
        all_leave(db, SEVEN)
    assert subjects(db) == ["[SSI] Borne du hall · bilan du 21/11/2026 · 0 signalement, tout est pris en charge"]


def test_nothing_happened_is_told_too(db: Database, settings: Settings) -> None:
    write_daily(db, settings, SEVEN)
    (mail,) = mails(db)
    assert "Aucun signalement." in mail.text
    assert "Ce bilan part chaque jour à 07:00" in mail.text
    assert mail.parsed["To"] == "MSSI <a@organisme.example>"


def test_it_counts_and_numbers_what_came_in_and_names_what_nobody_took(db: Database, settings: Settings) -> None:
    night = EVE + timedelta(hours=9)
    store(db, reference=REFERENCES[0], now=night, received_at=night, severity="critical")
    store(db, reference=REFERENCES[1], now=night, received_at=night + timedelta(hours=1))
    with immediate(db):
        db.execute("UPDATE reports SET state = 'acknowledged' WHERE id = 2")
    write_daily(db, settings, SEVEN)
    (mail,) = mails(db)
    assert mail.parsed["Subject"].startswith("[SSI] Borne du hall · bilan du 21/11/2026 · 2 signalements, 1 non pris")
    assert "2 (n°\u00a01 à 2)" in mail.text
    assert "000-000-000" in mail.text
    assert "000-000-001" not in mail.text
    assert "depuis le samedi 21/11/2026" in mail.text
    assert "2, le plus ancien depuis 6 h 00" in mail.text
    assert heads_in(mail.raw)[0].sequence == 2


def test_what_staff_marked_as_a_test_is_counted_apart(db: Database, settings: Settings) -> None:
    store(db, reference=REFERENCES[0], now=EVE)
    with immediate(db):
        db.execute("UPDATE reports SET hidden_as = 'spam'")
    write_daily(db, settings, SEVEN)
    assert "0, et 1 essai ou indésirable" in mails(db)[0].text
    assert "tout est pris en charge" in subjects(db)[0]


def test_after_a_stop_one_mail_leaves_at_once_and_tells_all_days_that_were_missed(
    db: Database, settings: Settings
) -> None:
    write_daily(db, settings, SEVEN)
    all_leave(db, SEVEN)
    missed = SEVEN + timedelta(days=1)
    store(db, reference=REFERENCES[0], now=missed, received_at=missed)
    back = SEVEN + timedelta(days=3, hours=5)
    for minute in range(3):
        write_daily(db, settings, back + timedelta(minutes=minute))
    assert len(subjects(db)) == 2
    assert subjects(db)[-1].startswith("[SSI] Borne du hall · bilan du 24/11/2026 · 1 signalement,")
    assert "du samedi 21/11/2026 à 07:00 au mardi 24/11/2026 à 12:00" in " ".join(mails(db)[-1].text.split())


def test_consecutive_mails_number_every_event_and_report_once(db: Database, settings: Settings) -> None:
    told = []
    for day in range(4):
        moment = SEVEN + timedelta(days=day)
        store(db, reference=REFERENCES[day], now=moment, received_at=moment)
        write_daily(db, settings, moment)
        all_leave(db, moment)
        row = db.execute("SELECT last_report, last_event FROM daily_mails ORDER BY day DESC LIMIT 1").fetchone()
        told.append(row)
    assert [last_report for last_report, _ in told] == [1, 2, 3, 4]
    assert [last_event for _, last_event in told] == [1, 3, 5, 7]  # each mail is itself an event
    assert "(n°\u00a04)" in mails(db)[-1].text
    assert "(n°\u00a06 à 7)" in mails(db)[-1].text


def test_while_one_waits_for_the_relay_there_is_no_other(db: Database, settings: Settings) -> None:
    for day in range(5):
        write_daily(db, settings, SEVEN + timedelta(days=day))
    assert len(subjects(db)) == 1
    all_leave(db, SEVEN + timedelta(days=5))
    write_daily(db, settings, SEVEN + timedelta(days=5))
    assert len(subjects(db)) == 2


def test_one_that_was_refused_for_good_does_not_silence_the_next(db: Database, settings: Settings) -> None:
    write_daily(db, settings, SEVEN)
    with immediate(db):
        db.execute("UPDATE deliveries SET state = 'held'")
    write_daily(db, settings, SEVEN + timedelta(days=1))
    assert len(subjects(db)) == 2


def test_a_clock_that_went_back_brings_no_second_mail_of_a_day_and_stops_none_later(
    db: Database, settings: Settings
) -> None:
    for days in (0, 400, 0, 0, 1):  # for a moment it showed another year
        write_daily(db, settings, SEVEN + timedelta(days=days, minutes=days))
        all_leave(db, SEVEN)
    assert [row[0] for row in db.execute("SELECT day FROM daily_mails ORDER BY day")] == [
        "2026-11-21",
        "2026-11-22",
        "2027-12-26",
    ]


def test_a_kiosk_that_was_set_up_after_the_hour_waits_for_the_next(settings: Settings) -> None:
    with start.prepare(settings, SEVEN + timedelta(hours=3)) as db:
        write_daily(db, settings, SEVEN + timedelta(hours=4))
        assert subjects(db) == []
        write_daily(db, settings, SEVEN + timedelta(days=1))
        assert len(subjects(db)) == 1


def test_a_demonstration_says_so_in_the_subject(db: Database, settings: Settings) -> None:
    write_daily(db, dataclasses.replace(settings, demo=True), SEVEN)
    (subject,) = subjects(db)
    assert subject.startswith("[ESSAI][SSI] Borne du hall")


def test_without_an_address_of_the_mssi_the_day_is_noted_in_the_trace(db: Database, settings: Settings) -> None:
    mute = dataclasses.replace(settings.audiences[0], address="")
    write_daily(db, dataclasses.replace(settings, audiences=(mute,)), SEVEN)
    assert subjects(db) == []
    actions = [row[0] for row in db.execute("SELECT action FROM events ORDER BY id")]
    assert actions == ["daily_mail", "audience_without_address"]


def test_every_mailbox_of_the_mssi_gets_its_own(db: Database, settings: Settings) -> None:
    second = dataclasses.replace(settings.audiences[0], id="mssi-2", address="autre@organisme.example")
    both = dataclasses.replace(settings, audiences=(settings.audiences[0], second))
    with start.prepare(both, EVE) as db:
        write_daily(db, both, SEVEN)
        assert len({str(mail.parsed["Message-ID"]) for mail in mails(db)}) == 2


def test_two_kiosks_under_one_domain_never_write_the_same_message_id(settings: Settings) -> None:
    seen = set()
    for name in ("one", "two"):
        other = dataclasses.replace(settings, instance=settings.instance / name)
        with start.prepare(other, EVE) as db:
            write_daily(db, other, SEVEN)
            seen.add(str(mails(db)[0].parsed["Message-ID"]))
    assert len(seen) == 2


def test_where_one_server_serves_several_terminals_the_subject_names_the_organisation(
    db: Database, settings: Settings
) -> None:
    site = settings.sites[0]
    second = dataclasses.replace(site.terminals[0], id="parking", name="Borne du parking")
    larger = dataclasses.replace(site, terminals=(*site.terminals, second))
    write_daily(db, dataclasses.replace(settings, sites=(larger,)), SEVEN)
    assert subjects(db)[0].startswith("[SSI] CPCAM 13 · bilan du")


def test_what_is_wrong_is_in_the_subject_and_said_with_what_to_do(db: Database, settings: Settings) -> None:
    manager = dataclasses.replace(settings.audiences[1], address="")
    wrong = dataclasses.replace(settings, smtp=Smtp(), audiences=(settings.audiences[0], manager))
    write_daily(db, wrong, SEVEN)
    assert subjects(db)[0].endswith(" · 2 anomalies")
    assert "Aucun relais de messagerie n'est configuré." in mails(db)[0].text
    assert "Responsable d'immeuble" in mails(db)[0].text
    assert "Renseignez son adresse dans kiosk.toml" in mails(db)[0].text


def test_an_event_says_that_it_left(db: Database, settings: Settings) -> None:
    write_daily(db, settings, SEVEN)
    action, detail = db.execute("SELECT action, detail FROM events ORDER BY id DESC LIMIT 1").fetchone()
    assert action == "daily_mail"
    assert '"day": "2026-11-21"' in detail
    assert events.first_break(db) is None


@pytest.mark.parametrize(
    ("now", "at", "day", "hour"),
    [
        ("2026-11-21 05:59", time(7), "2026-11-20", "2026-11-20 06:00"),
        ("2026-11-21 06:00", time(7), "2026-11-21", "2026-11-21 06:00"),
        ("2026-07-01 05:00", time(7), "2026-07-01", "2026-07-01 05:00"),
        ("2026-03-29 01:29", time(2, 30), "2026-03-28", "2026-03-28 01:30"),
        ("2026-03-29 01:30", time(2, 30), "2026-03-29", "2026-03-29 01:30"),  # 02:30 does not exist that day
        ("2026-10-25 00:30", time(2, 30), "2026-10-25", "2026-10-25 00:30"),  # and here twice
        ("2026-10-25 01:30", time(2, 30), "2026-10-25", "2026-10-25 00:30"),
        ("2026-11-20 23:30", time(0), "2026-11-21", "2026-11-20 23:00"),
    ],
)
def test_the_hour_is_that_of_french_clocks_summer_and_winter(now: str, at: time, day: str, hour: str) -> None:
    def utc(text: str) -> datetime:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)

    due, moment = last_due(at, utc(now))
    assert (due.isoformat(), moment) == (day, utc(hour))


def test_an_audience_that_was_switched_off_is_not_written_to(db: Database, settings: Settings) -> None:
    off = dataclasses.replace(settings.audiences[0], active=False)
    other: Audience = dataclasses.replace(settings.audiences[0], id="mssi-2")
    with start.prepare(dataclasses.replace(settings, audiences=(off, other)), EVE) as db:
        write_daily(db, dataclasses.replace(settings, audiences=(off, other)), SEVEN)
        assert [row[0] for row in db.execute("SELECT audience_id FROM deliveries")] == ["mssi-2"]
