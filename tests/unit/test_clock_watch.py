"""The wall clock held against the steady one: whatever it is set to, the kiosk knows the time, and tells of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.forward import BACKGROUND_JOBS
from kiosk.config import Settings
from kiosk.delivery.background_jobs import BackgroundJobs
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from kiosk.store.watch import alarms, clock_marks, health
from kiosk.watch.alarm import watch
from kiosk.watch.clock_watch import watch_clock
from tests.build import MAILS, NOON, store
from tests.unit.mails import Mail

EARLIER, WRONG, LATER = "7K4-92Q-MX3", "000-000-002", "000-000-003"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Machine:
    """Its two clocks: time passes on both, setting moves the wall clock alone, a start resets the steady one."""

    def __init__(self) -> None:
        self.wall, self.steady, self.boot = NOON, 1000.0, "first"

    def passes(self, length: timedelta) -> None:
        self.wall += length
        self.steady += length.total_seconds()

    def is_set(self, by: timedelta) -> None:
        self.wall += by

    def starts_again(self, wall: datetime) -> None:
        self.wall, self.steady, self.boot = wall, 10.0, f"{self.boot} again"
        clock.trust(None)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = Machine()
    monkeypatch.setattr(clock, "wall", lambda: machine.wall)
    monkeypatch.setattr(clock, "steady", lambda: machine.steady)
    monkeypatch.setattr(clock, "boot", lambda: machine.boot)
    yield machine
    clock.trust(None)


@pytest.fixture
def db(machine: Machine, settings: Settings) -> Iterator[Database]:
    with start.prepare(settings, NOON) as database:
        yield database


def looks(db: Database, settings: Settings) -> list[tuple[str, int]]:
    """What a look of the background process adds to the trace: action and seconds."""
    before = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
    watch_clock(db, settings, clock.now())
    rows = db.execute("SELECT action, json_extract(detail, '$.seconds') FROM events WHERE id > ?", (before,))
    return [(action, seconds) for action, seconds in rows]


def is_red(db: Database, settings: Settings) -> bool:
    return not health.pulse(db, settings, clock.now()).clock_ok


@pytest.mark.parametrize("step", [-3 * DAY, 3653 * DAY, 2 * DAY, -3653 * DAY], ids=str)
def test_a_clock_that_is_set_wrong_is_red_and_not_believed_until_it_is_right_again(
    step: timedelta, machine: Machine, db: Database, settings: Settings
) -> None:
    machine.passes(HOUR / 2)
    assert looks(db, settings) == []
    machine.is_set(step)
    assert looks(db, settings) == [("clock_stepped", step.total_seconds())]
    assert clock.now() == NOON + HOUR / 2
    machine.passes(HOUR)
    assert looks(db, settings) == []  # told once
    assert is_red(db, settings)
    assert clock.now() == NOON + 1.5 * HOUR
    machine.is_set(-step)
    assert looks(db, settings) == [("clock_agrees", step.total_seconds())]
    assert not is_red(db, settings)


def test_an_hour_is_not_believed_either_once_the_kiosk_has_run_for_long(
    machine: Machine, db: Database, settings: Settings
) -> None:
    machine.passes(2 * HOUR)
    looks(db, settings)
    machine.is_set(HOUR)
    assert looks(db, settings) == [("clock_stepped", 3600)]
    assert is_red(db, settings)


def test_a_restart_of_the_program_keeps_the_trusted_time(machine: Machine, db: Database, settings: Settings) -> None:
    machine.is_set(-3 * DAY)
    looks(db, settings)
    clock.trust(None)
    with start.prepare(settings, NOON) as again:
        assert clock.now() == NOON
        assert is_red(again, settings)


@pytest.mark.parametrize("wrong", [-6 * HOUR, 2 * HOUR], ids=str)
def test_a_machine_that_started_wrong_and_is_set_right_raises_no_alarm(
    wrong: timedelta, machine: Machine, db: Database, settings: Settings
) -> None:
    machine.starts_again(NOON + 12 * HOUR + wrong)
    with start.prepare(settings, NOON) as db:
        heartbeat.beat(db, health.FORWARDER, 1, clock.now())
        machine.passes(timedelta(seconds=30))
        machine.is_set(-wrong)
        assert looks(db, settings) == [("clock_corrected", -wrong.total_seconds())]
        assert clock.now() == NOON + 12 * HOUR + timedelta(seconds=30)
        pulse = health.pulse(db, settings, clock.now())
        assert (pulse.clock_ok, pulse.forwarder_silent_for) == (True, 30)


def test_a_report_by_a_wrong_clock_has_its_right_moment_beside_it(
    machine: Machine, db: Database, settings: Settings
) -> None:
    with immediate(db):
        db.execute("UPDATE audiences SET address = 'mssi@organisme.example' WHERE role = 'mssi'")
    store(db, reference=EARLIER, now=clock.now())
    machine.starts_again(NOON + 12 * HOUR - 6 * HOUR)
    with start.prepare(settings, NOON) as db:
        store(db, reference=WRONG, now=clock.now())
        machine.is_set(6 * HOUR)
        looks(db, settings)
        store(db, reference=LATER, now=clock.now())
        steps = [clock_marks.step_of(db, reference) for reference in (EARLIER, WRONG, LATER)]
        assert steps == [timedelta(0), 6 * HOUR, timedelta(0)]
        told = db.execute(f"{MAILS} WHERE purpose = 'alarm'")
        (mail,) = [Mail(row[0]) for row in told]
        assert "l'horloge est de nouveau à l'heure" in mail.parsed["Subject"]
        said = " ".join(mail.text.split())
        assert f"{WRONG} (samedi 21/11/2026 à 01:00)" in said
        assert LATER not in said


def test_the_round_that_corrects_the_clock_takes_the_step_for_no_stop(
    machine: Machine, db: Database, settings: Settings
) -> None:
    machine.starts_again(NOON + 12 * HOUR - 6 * HOUR)
    with start.prepare(settings, NOON) as db:
        round_of_jobs = BackgroundJobs([watch, *BACKGROUND_JOBS[BACKGROUND_JOBS.index(watch) + 1 :]], settings)
        for step in (timedelta(0), 6 * HOUR, timedelta(0)):
            machine.passes(timedelta(seconds=1))
            machine.is_set(step)
            round_of_jobs.take_turns(db, clock.now())
        assert [action for (action,) in db.execute("SELECT action FROM events")].count("clock_corrected") == 1
        assert "forwarder" not in {code for code, state in alarms.conditions(db).items() if not state.red}


def test_a_clock_behind_the_last_known_moment_is_red_until_it_is_set(
    machine: Machine, db: Database, settings: Settings
) -> None:
    """A battery that died: the machine believes in its year of manufacture, for days without a network."""
    machine.passes(HOUR)
    looks(db, settings)
    machine.starts_again(NOON - 3653 * DAY)
    with start.prepare(settings, NOON) as db:
        assert looks(db, settings)[0][0] == "clock_stepped"
        machine.passes(3 * DAY)
        looks(db, settings)
        assert is_red(db, settings)
        machine.is_set(3653 * DAY + HOUR)
        assert [action for action, _ in looks(db, settings)] == ["clock_corrected"]
        assert not is_red(db, settings)
        assert clock.now() == machine.wall


def test_a_process_that_serves_alone_is_red_without_a_look(machine: Machine, db: Database, settings: Settings) -> None:
    machine.is_set(-3 * DAY)
    assert health.pulse(db, settings, clock.now()).clock_off_by == -3 * 86_400


def test_a_clock_that_is_adjusted_gently_is_followed(machine: Machine, db: Database, settings: Settings) -> None:
    for _ in range(10):
        machine.is_set(timedelta(seconds=40))
        machine.passes(HOUR)
        assert looks(db, settings) == []
        assert clock.now() == machine.wall


def test_a_look_writes_next_to_nothing(machine: Machine, db: Database, settings: Settings) -> None:
    looks(db, settings)
    changes = db.conn.total_changes
    for _ in range(60):
        machine.passes(timedelta(minutes=1))
        looks(db, settings)
    assert db.conn.total_changes - changes <= 6
