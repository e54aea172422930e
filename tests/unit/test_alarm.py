"""One mail when something goes wrong and one when it is right again, however often it is seen in between."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk.config import Settings, Smtp
from kiosk.delivery.loop import forward_once
from kiosk.domain import disk_room
from kiosk.domain.disk_room import DiskRoom
from kiosk.domain.troubles import running
from kiosk.mail.system.alarm import TroubleChange
from kiosk.mail.trace_header import heads_in
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from kiosk.store.outbox import outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.trace import events
from kiosk.store.trace.events import Event
from kiosk.store.watch import health
from kiosk.watch.alarm import watch
from tests.build import MAILS, NOON, claim, store
from tests.unit.mails import Mail


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With nothing wrong."""
    audiences = tuple(dataclasses.replace(each, address="a@organisme.example") for each in settings.audiences)
    return dataclasses.replace(settings, smtp=Smtp(host="127.0.0.1"), audiences=audiences)


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    with start.prepare(settings, NOON) as database:
        yield database


class Watch:
    """A background process that looks every second, seen minute by minute. ``leaves``: the relay takes every mail."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self.moment = NOON
        self.leaves = True

    def minutes(self, count: int = 1) -> None:
        for _ in range(count):
            self.moment += timedelta(minutes=1)
            heartbeat.beat(self.db, health.FORWARDER, 1, self.moment)
            watch(self.db, self.settings, self.moment)
            if self.leaves:
                self.relay_takes_all()

    def relay_takes_all(self) -> None:
        """The bodies stay, for us to read."""
        alarms = "purpose = 'alarm' AND state = 'queued'"
        with immediate(self.db):
            self.db.execute(f"UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE {alarms}")

    @property
    def mails(self) -> list[Mail]:
        rows = self.db.execute(f"{MAILS} WHERE purpose = 'alarm' ORDER BY deliveries.id")
        return [Mail(row[0]) for row in rows]

    @property
    def told(self) -> list[str]:
        return [str(mail.parsed["Subject"]).removeprefix("[SSI] Borne du hall · ") for mail in self.mails]


@pytest.fixture
def kiosk(db: Database, settings: Settings) -> Watch:
    kiosk = Watch(db, settings)
    kiosk.minutes()
    return kiosk


FULL = "alarmes\u00a0: disque presque plein, disque qui se remplit"
ROOM = "fin d'alarme\u00a0: le disque a de nouveau de la place, le disque a de la place pour longtemps"


def fill_disk(monkeypatch: pytest.MonkeyPatch, full: bool = True) -> None:
    monkeypatch.setattr(disk_room, "RESERVE", 1 << 62 if full else 1)


def test_a_kiosk_in_order_writes_nothing_and_next_to_nothing_on_its_disk(kiosk: Watch) -> None:
    changes = kiosk.db.conn.total_changes
    kiosk.minutes(120)
    assert kiosk.told == []
    assert kiosk.db.conn.total_changes - changes == 120 * 2  # the forwarder's heartbeat, and this one
    assert events.head(kiosk.db).sequence == 0


def test_a_trouble_is_told_once_when_it_has_lasted_and_once_when_its_end_has(
    kiosk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch)
    kiosk.minutes(5)
    assert kiosk.told == []
    kiosk.minutes(180)
    assert kiosk.told == [FULL]
    fill_disk(monkeypatch, full=False)
    kiosk.minutes(5)
    assert kiosk.told == [FULL]
    kiosk.minutes(180)
    assert kiosk.told == [FULL, ROOM]


def test_the_mail_says_since_when_how_bad_what_to_do_and_the_head_of_the_trace(
    kiosk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch)
    kiosk.minutes(10)
    (mail,) = kiosk.mails
    assert mail.parsed["Importance"] == "high"
    for expected in (
        "depuis le vendredi 20/11/2026 à 13:02",
        "Mio libres",
        "À faire\u00a0: Faites libérer de l'espace",
    ):
        assert expected in mail.text
    assert heads_in(mail.raw)[0].sequence == 0
    fill_disk(monkeypatch, full=False)
    kiosk.minutes(100)
    over = kiosk.mails[-1]
    assert "du vendredi 20/11/2026 à 13:02 au vendredi 20/11/2026 à 13:12 (10 min)" in " ".join(over.text.split())
    assert "Importance" not in over.parsed
    assert heads_in(over.raw)[0].sequence == 1


def test_a_trouble_that_comes_and_goes_makes_no_mail_a_minute(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(240):
        fill_disk(monkeypatch, full=minute % 4 < 2)
        kiosk.minutes()
    assert kiosk.told == []


def test_and_a_slow_one_no_more_than_one_an_hour(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    for quarter in range(24):
        fill_disk(monkeypatch, full=quarter % 2 == 0)
        kiosk.minutes(15)
    assert kiosk.told[:2] == [FULL, ROOM]
    assert len(kiosk.told) <= 6


def test_as_long_as_one_waits_for_the_relay_there_is_no_other_and_then_the_truth(
    kiosk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk.leaves = False
    fill_disk(monkeypatch)
    kiosk.minutes(60)
    relay.relay_failed(kiosk.db, state="refused", reply="535 no", next_try_at=NOON, now=NOON)
    kiosk.minutes(60 * 24)
    assert kiosk.told == [FULL]
    kiosk.leaves = True
    kiosk.minutes(10)
    assert kiosk.told[1:] == ["alarme\u00a0: identifiants refusés par le relais"]
    assert "sa réponse\u00a0: 535 no" in kiosk.mails[1].text
    assert "disque presque plein, depuis le" in kiosk.mails[1].text


def test_a_disk_that_fills_is_told_early_again_when_it_is_near_and_when_each_is_over(
    kiosk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for more in (disk_room.EARLY, disk_room.EARLY - 1, disk_room.NEAR - 1, disk_room.NEAR, disk_room.EARLY):
        monkeypatch.setattr(DiskRoom, "reports", property(lambda room, more=more: more))
        kiosk.minutes(120)
    assert kiosk.told == [
        "alarme\u00a0: disque qui se remplit",
        "alarme\u00a0: disque presque plein",
        "fin d'alarme\u00a0: le disque a de nouveau de la place",
        "fin d'alarme\u00a0: le disque a de la place pour longtemps",
    ]
    assert "encore 19\u202f999 signalements d'un millier" in kiosk.mails[0].text.replace("\n ", "").replace("  ", " ")


def test_several_changes_at_once_are_one_mail(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch)
    kiosk.minutes(90)
    fill_disk(monkeypatch, full=False)
    relay.relay_failed(kiosk.db, state="refused", reply="535 no", next_try_at=NOON, now=NOON)
    kiosk.minutes(10)
    assert kiosk.told[1:] == [
        "alarme\u00a0: identifiants refusés par le relais\u00a0; fin d'alarme\u00a0: le disque a de nouveau de la"
        " place, le disque a de la place pour longtemps"
    ]


def test_a_delivery_that_waits_too_long_and_one_that_is_held_are_told(kiosk: Watch) -> None:
    store(kiosk.db, now=kiosk.moment)
    kiosk.minutes(18)
    assert kiosk.told == []
    kiosk.minutes(10)
    assert kiosk.told == ["alarme\u00a0: courriels en attente"]
    with immediate(kiosk.db):
        kiosk.db.execute("UPDATE deliveries SET state = 'held' WHERE purpose = 'report'")
    kiosk.minutes(10)
    assert kiosk.told[1:] == ["alarme\u00a0: courriels refusés par le relais"]


def test_a_relay_that_is_away_is_told_by_what_waits_for_it_alone(kiosk: Watch) -> None:
    relay.relay_failed(kiosk.db, state="down", reply="refused", next_try_at=NOON, now=NOON)
    store(kiosk.db, now=kiosk.moment)
    kiosk.minutes(60)
    assert kiosk.told == ["alarme\u00a0: courriels en attente"]


def test_audiences_without_an_address_are_told_by_name(kiosk: Watch) -> None:
    manager = dataclasses.replace(kiosk.settings.audiences[1], address="")
    kiosk.settings = dataclasses.replace(kiosk.settings, audiences=(kiosk.settings.audiences[0], manager))
    kiosk.minutes(10)
    assert kiosk.told == ["alarme\u00a0: destinataire sans adresse"]
    assert "Responsable d'immeuble" in kiosk.mails[0].text


def test_a_kiosk_that_was_stopped_says_so_when_it_is_back_and_for_how_long(kiosk: Watch) -> None:
    kiosk.moment += timedelta(hours=2)
    kiosk.minutes(120)
    assert kiosk.told == ["fin d'alarme\u00a0: l'envoi des courriels a repris"]
    said = " ".join(kiosk.mails[0].text.split())
    assert "du vendredi 20/11/2026 à 13:01 au vendredi 20/11/2026 à 15:02 (2 h 01)" in said


def test_a_second_stop_is_told_with_its_own_moments(kiosk: Watch) -> None:
    kiosk.moment += timedelta(hours=2)
    kiosk.minutes(120)
    kiosk.moment += timedelta(days=3)
    kiosk.minutes(120)
    assert kiosk.told == ["fin d'alarme\u00a0: l'envoi des courriels a repris"] * 2
    said = " ".join(kiosk.mails[1].text.split())
    assert "du vendredi 20/11/2026 à 17:01 au lundi 23/11/2026 à 17:02 (3 jours)" in said


def test_a_stop_while_the_end_of_another_is_not_told_yet_makes_one_interval(kiosk: Watch) -> None:
    """The first mail goes out within the hour; the second stop ends before the next may."""
    for _ in range(3):
        kiosk.moment += timedelta(minutes=20)
        kiosk.minutes(1)
    kiosk.minutes(120)
    said = [" ".join(mail.text.split()) for mail in kiosk.mails]
    assert "du vendredi 20/11/2026 à 13:01 au vendredi 20/11/2026 à 13:22 (21 min)" in said[0]
    assert "du vendredi 20/11/2026 à 13:22 au vendredi 20/11/2026 à 14:04 (42 min)" in said[1]


def test_no_interval_ends_before_it_begins() -> None:
    change = TroubleChange(trouble=running.DISK, since=NOON, until=NOON - timedelta(days=123))
    assert change.period == "depuis le lundi 20/07/2026 à 14:00\u00a0; l'horloge a changé pendant l'alarme"


def test_a_forwarder_that_a_timer_calls_raises_no_alarm_about_itself(db: Database, settings: Settings) -> None:
    """`run --no-forwarder`, and `forward --once` every five minutes."""
    kiosk = Watch(db, settings)
    heartbeat.beat(db, health.PUBLIC_DOOR, 1, NOON)
    for _ in range(24):
        kiosk.moment += timedelta(minutes=5)
        forward_once(settings, db, lambda: kiosk.moment, jobs=[watch])
    assert kiosk.told == []
    assert health.pulse(db, settings, kiosk.moment + timedelta(minutes=5)).healthy
    assert health.pulse(db, settings, kiosk.moment + timedelta(minutes=20)).troubles == (running.FORWARDER,)


def test_a_computer_that_slept_some_minutes_raises_no_alarm(kiosk: Watch) -> None:
    """The first look comes before the first heartbeat."""
    watch(kiosk.db, kiosk.settings, kiosk.moment + timedelta(minutes=10))
    kiosk.moment += timedelta(minutes=10)
    kiosk.minutes(60)
    assert kiosk.told == []


def test_a_refused_mail_is_told_with_whose_it_is_and_the_answer(kiosk: Watch) -> None:
    store(kiosk.db, now=kiosk.moment)
    held = claim(kiosk.db)
    outcomes.record_held(kiosk.db, held, Ending("refused", "rcpt", "550 5.1.1", "550 5.1.1 <a@b> unknown"), NOON)
    kiosk.minutes(10)
    said = " ".join(kiosk.mails[0].text.split())
    reference = kiosk.db.execute("SELECT reference FROM reports").fetchone()[0]
    assert f"1 en tout ; {kiosk.settings.audiences[0].name} (signalement {reference}) : 550 5.1.1" in said
    assert "unknown" not in said


def test_an_end_is_worded_as_what_works_again(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch)
    kiosk.minutes(10)
    fill_disk(monkeypatch, full=False)
    kiosk.minutes(100)
    over = kiosk.mails[-1]
    assert "Le disque a de nouveau de la place." in over.text
    assert "Terminé" not in over.text


def test_a_restart_of_some_minutes_is_nothing_to_write_about(kiosk: Watch) -> None:
    kiosk.moment += timedelta(minutes=10)
    kiosk.minutes(60)
    assert kiosk.told == []


def test_a_delivering_thread_that_hangs_is_told_like_any_trouble(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "beat", lambda *_: None)
    kiosk.minutes(20)
    assert kiosk.told == ["alarme\u00a0: envoi des courriels arrêté"]


def wrong_by(db: Database, seconds: int) -> None:
    with immediate(db):
        db.execute("UPDATE clock_marks SET off_by = ?", (seconds,))


def test_a_clock_that_jumps_back_is_told_at_once(kiosk: Watch) -> None:
    wrong_by(kiosk.db, -3 * 3600)
    kiosk.minutes()
    assert kiosk.told == ["alarme\u00a0: horloge fausse"]
    assert "elle retarde de 3 h 00" in kiosk.mails[0].text
    kiosk.minutes(180)
    assert len(kiosk.told) == 1
    wrong_by(kiosk.db, 0)
    kiosk.minutes(60)
    assert kiosk.told[1:] == ["fin d'alarme\u00a0: l'horloge est de nouveau à l'heure"]


def test_a_clock_that_jumped_forward_and_back_stops_no_alarm(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.moment += timedelta(days=3650)
    fill_disk(monkeypatch)
    kiosk.minutes(10)
    kiosk.moment -= timedelta(days=3650)
    fill_disk(monkeypatch, full=False)
    kiosk.minutes(90)
    assert ROOM in " ".join(kiosk.told)


def break_trace(db: Database) -> None:
    with immediate(db):
        db.execute("DROP TRIGGER events_are_never_rewritten")
        db.execute("UPDATE events SET actor = 'somebody else' WHERE id = 3")


def test_a_broken_trace_is_found_within_a_day_told_and_red(kiosk: Watch) -> None:
    with immediate(kiosk.db):
        events.append(kiosk.db, [Event(action="note")] * 8, kiosk.moment)
    kiosk.minutes(3)
    break_trace(kiosk.db)
    kiosk.minutes(60 * 24 + 10)
    assert "alarme\u00a0: trace altérée" in kiosk.told
    assert "événement 3" in kiosk.mails[-1].text
    assert health.pulse(kiosk.db, kiosk.settings, kiosk.moment).troubles == (running.CHAIN, running.SAFEGUARD)


def test_what_is_new_is_checked_within_a_minute(kiosk: Watch) -> None:
    with immediate(kiosk.db):
        events.append(kiosk.db, [Event(action="note")] * 8, kiosk.moment)
    break_trace(kiosk.db)
    kiosk.minutes()
    assert health.pulse(kiosk.db, kiosk.settings, kiosk.moment).broken_event == 3


def test_a_restart_repeats_no_alarm(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch)
    kiosk.minutes(10)
    with start.prepare(kiosk.settings, kiosk.moment) as reopened:
        again = Watch(reopened, kiosk.settings)
        again.moment = kiosk.moment
        again.minutes(120)
        assert again.told == [FULL]


def test_without_an_address_of_the_mssi_nothing_is_written_and_nothing_forgotten(
    kiosk: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = kiosk.settings
    mute = dataclasses.replace(known.audiences[0], address="")
    kiosk.settings = dataclasses.replace(known, audiences=(mute, *known.audiences[1:]))
    fill_disk(monkeypatch)
    kiosk.minutes(90)
    assert kiosk.told == []
    kiosk.settings = known
    kiosk.minutes(1)
    assert kiosk.told == [FULL]


def test_how_long_is_a_setting(kiosk: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.settings = dataclasses.replace(kiosk.settings, mail=dataclasses.replace(kiosk.settings.mail, alarm_after=30))
    fill_disk(monkeypatch)
    kiosk.minutes(30)
    assert kiosk.told == []
    kiosk.minutes(1)
    assert kiosk.told == [FULL]


def test_it_looks_once_a_minute(kiosk: Watch) -> None:
    looked: datetime = kiosk.moment
    changes = kiosk.db.conn.total_changes
    for second in range(59):
        watch(kiosk.db, kiosk.settings, looked + timedelta(seconds=second))
    assert kiosk.db.conn.total_changes == changes
