"""Kill -9 of the process that walks the chains, and several processes that take one report at the same moment."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.domain.handling import Eta
from kiosk.domain.roles import Actor
from kiosk.duty.acts import acknowledge
from kiosk.store.base.connection import Database, open_database
from kiosk.store.instance import start
from kiosk.store.trace.events import first_break
from tests.build import store
from tests.crash.forked import context
from tests.crash.walking import Walker, fast_clock
from tests.duty import ADDRESSES, CAMILLE, MORNING, REFERENCE, staffed
from tests.processes import Inbox, Program
from tests.waiting import PATIENCE, until

KILLS = 30
DEPUTY, MSSI = ("escalation", "deputy"), ("reminder", "mssi")


@contextmanager
def walking(settings: Settings) -> Iterator[Walker]:
    walker = Walker(settings)
    try:
        yield walker
    finally:
        walker.kill()


def references(count: int) -> list[str]:
    return [f"{number:03}-AAA-AAA" for number in range(count)]


def mails(db: Database, reference: str) -> list[tuple[str, str, str]]:
    rows = db.execute(
        "SELECT purpose, audience_id, deliveries.state FROM deliveries JOIN reports ON reports.id = report_id"
        " WHERE reference = ? AND purpose != 'report' ORDER BY deliveries.id",
        (reference,),
    )
    return [(purpose, audience, state) for purpose, audience, state in rows]


def wait_for_the_end(db: Database, open_reports: list[str]) -> None:
    until(lambda: all(len(mails(db, reference)) >= 2 for reference in open_reports))


@pytest.mark.parametrize("kills", [KILLS, pytest.param(500, marks=pytest.mark.long)])
def test_however_often_the_process_is_killed_every_step_is_taken_once_and_in_order(tmp_path: Path, kills: int) -> None:
    settings, dice = staffed(Settings(instance=tmp_path / "instance")), random.Random(20261121)
    every = references(kills)
    taken = set(dice.sample(every, kills // 3))
    with start.prepare(settings, MORNING) as db, walking(settings) as walker:
        for reference in every:
            now = fast_clock(walker.began)
            store(db, "mssi", "manager", reference=reference, now=now, received_at=now, severity="critical")
            time.sleep(dice.uniform(0.01, 0.1))  # not to wait for anything: at any moment of its work
            if reference in taken:  # until Monday: two minutes of this clock, which the rest does not take
                acknowledge(db, settings, reference, actor=CAMILLE, eta=Eta.TOMORROW, now=fast_clock(walker.began))
            walker.restart()
        left = [reference for reference in every if reference not in taken]
        wait_for_the_end(db, left)
        for reference in left:
            assert [(purpose, audience) for purpose, audience, _ in mails(db, reference)] == [DEPUTY, MSSI]
        for reference in taken:
            states = {(purpose, state) for purpose, _, state in mails(db, reference)}
            assert states <= {("taken", "queued"), ("escalation", "cancelled"), ("reminder", "cancelled")}
            told = Counter(audience for purpose, audience, _ in mails(db, reference) if purpose == "taken")
            assert told == {"mssi": 1, "manager": 1}
        assert first_break(db) is None


def test_the_process_that_really_runs_tells_the_deputy_of_a_report_that_waits_too_long(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    people = (f'[[audiences]]\nid = "{who}"\naddress = "{address}"\n' for who, address in ADDRESSES.items())
    (instance / "kiosk.toml").write_text("\n".join(people), encoding="utf-8")
    with Inbox() as inbox:
        settings = load_settings({"KIOSK_INSTANCE": str(instance), **inbox.environment})
        received_at = clock.now() - timedelta(minutes=15)
        with start.prepare(settings, received_at) as db:
            store(db, "mssi", "manager", received_at=received_at, now=received_at, severity="critical")
        with Program("forward", instance=instance, environment=inbox.environment):
            until(lambda: ADDRESSES["deputy"] in {to for to, _ in inbox.mails})


def _take(settings: Settings, number: int, gate: "multiprocessing.synchronize.Barrier") -> tuple[bool, str | None]:
    with open_database(settings.database) as db:
        gate.wait()
        actor = Actor(f"member-{number}", f"Membre {number}", "manager")
        acted = acknowledge(db, settings, REFERENCE, actor=actor, eta=Eta.HOUR, now=MORNING)
        return acted.done, acted.report.taken_account


def _take_and_tell(settings: Settings, number: int, gate: object, answers: "multiprocessing.Queue[object]") -> None:
    answers.put(_take(settings, number, gate))  # type: ignore[arg-type]


def test_of_several_processes_that_take_a_report_at_once_one_has_it_and_all_know_which(tmp_path: Path) -> None:
    settings = staffed(Settings(instance=tmp_path / "instance"))
    with start.prepare(settings, MORNING) as db:
        store(db, "mssi", "manager", received_at=MORNING)
    gate, answers = context().Barrier(4), context().Queue()
    members = [context().Process(target=_take_and_tell, args=(settings, each, gate, answers)) for each in range(4)]
    for member in members:
        member.start()
    told = [answers.get(timeout=PATIENCE) for _ in members]
    for member in members:
        member.join()
    assert [done for done, _ in told].count(True) == 1
    assert len({account for _, account in told}) == 1
    with open_database(settings.database) as db:
        assert Counter(mails(db, REFERENCE)) == {("taken", "mssi", "queued"): 1, ("taken", "manager", "queued"): 1}
        assert first_break(db) is None
