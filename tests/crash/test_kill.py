"""Kill -9, again and again, of the doors and of the forwarder, while people report and mails leave."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.crash.forked import ForkedKiosk, ForkedProgram
from tests.crash.reporting import ENVIRONMENT, Reporter, judge, reports_coming_in, wait_until_all_is_sent
from tests.processes import Inbox, Kiosk, Program
from tests.waiting import until

KILLS = 20
LONGEST_LIFE = 0.2  # seconds that both have been at work together, at most


def wait_until_both_have_worked(reporter: Reporter, inbox: Inbox) -> None:
    accepted, sent = len(reporter.accepted), len(inbox.mails)
    until(lambda: len(reporter.accepted) > accepted and len(inbox.mails) > sent)


def kill_one_of(kiosk: Kiosk, forwarder: Program, dice: random.Random) -> None:
    time.sleep(dice.uniform(0, LONGEST_LIFE))  # not to wait for anything: at any moment of their work
    if dice.random() < 0.3:
        kiosk.kill()
        kiosk.start()
        kiosk.wait_until_it_answers()
    else:
        forwarder.kill()
        forwarder.start()


@pytest.mark.parametrize(
    "kills", [KILLS, pytest.param(100, marks=pytest.mark.ci), pytest.param(2000, marks=pytest.mark.long)]
)
def test_no_accepted_report_is_lost_however_often_the_programs_are_killed(tmp_path: Path, kills: int) -> None:
    dice = random.Random(os.environ.get("KILL_SEED", "20261121"))
    instance = tmp_path / "instance"
    with (
        Inbox() as inbox,
        ForkedKiosk("--no-forwarder", instance=instance, environment={**inbox.environment, **ENVIRONMENT}) as kiosk,
        ForkedProgram("forward", instance=instance, environment={**inbox.environment, **ENVIRONMENT}) as forwarder,
    ):
        with reports_coming_in(kiosk) as reporter:
            for _ in range(kills):
                wait_until_both_have_worked(reporter, inbox)
                kill_one_of(kiosk, forwarder, dice)
        wait_until_all_is_sent(instance)
        print(f"{kills} kills: {judge(instance, reporter, inbox)}")
    assert len(reporter.accepted) >= kills
