"""Kill -9 of the forwarder while the relay itself puts off, hangs up and loses its voice at the worst moment."""

import asyncio
import os
import random
import time
from collections import Counter, deque
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk import clock
from kiosk.store.base.connection import open_database
from kiosk.store.outbox import deliveries
from tests.crash.reporting import ENVIRONMENT, judge, reports_coming_in, wait_until_all_is_sent
from tests.processes import Inbox, Kiosk, Program

KILLS = 150
FAULT_SHARE = 0.02  # of the mails, for each fault
REPORT_PAUSE = 0.01  # seconds: the programs that start must get their share of the machine
FIRST_MAIL_PATIENCE = 2.0  # seconds in which a forwarder that took over is expected to send
LONGEST_LIFE = 0.04  # seconds from its first mail to its end
DRAIN = 90.0  # seconds


class MoodyInbox(Inbox):
    """Now and then puts a mail off, hangs up in the middle, or takes a mail and hangs up without a word."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.faults: Counter[str] = Counter()
        self.is_moody = True
        self._dice = dice

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._strikes("hung up in the middle"):
            await self._hang_up(server)
        envelope.mail_from = address
        return "250 2.1.0 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._strikes("put off"):
            return "451 4.3.0 later"
        answer = await super().handle_DATA(server, session, envelope)
        if self._strikes("taken without a word"):
            await self._hang_up(server)
        return answer

    def _strikes(self, fault: str) -> bool:
        strikes = self.is_moody and self._dice.random() < FAULT_SHARE
        self.faults[fault] += strikes
        return strikes

    async def _hang_up(self, server: SMTP) -> None:
        server.transport.abort()
        await asyncio.Event().wait()  # the end of the connection ends this


class Forwarders:
    """One forwarder at work and one that stands by for its lock, so that a kill costs a moment and not a start."""

    def __init__(self, instance: Path, environment: dict[str, str]) -> None:
        self._programs = deque(Program("forward", instance=instance, environment=environment) for _ in range(2))

    def kill_the_one_at_work(self) -> None:
        program = self._programs.popleft()
        program.kill()
        program.start()
        self._programs.append(program)

    def end(self) -> None:
        for program in self._programs:
            program.process.terminate()
        for program in self._programs:
            program.process.wait(20)


def wait_for_another_mail(inbox: Inbox) -> None:
    before, deadline = len(inbox.mails), time.monotonic() + FIRST_MAIL_PATIENCE
    while len(inbox.mails) == before and time.monotonic() < deadline:
        time.sleep(0.002)


def try_everything_again(instance: Path) -> None:
    with open_database(instance / "kiosk.db") as db:
        deliveries.retry_now(db, reference=None, actor="test", now=clock.now())


@pytest.mark.parametrize("kills", [KILLS, pytest.param(2000, marks=pytest.mark.long)])
def test_no_report_is_lost_between_a_moody_relay_and_a_forwarder_that_is_killed(tmp_path: Path, kills: int) -> None:
    dice = random.Random(os.environ.get("KILL_SEED", "20261122"))
    instance = tmp_path / "instance"
    with MoodyInbox(random.Random(dice.random())) as inbox:
        environment = {**inbox.environment, **ENVIRONMENT}
        with Kiosk("--no-forwarder", instance=instance, environment=environment) as kiosk:
            forwarders = Forwarders(instance, environment)
            try:
                with reports_coming_in(kiosk, pause=REPORT_PAUSE) as reporter:
                    for _ in range(kills):
                        wait_for_another_mail(inbox)
                        time.sleep(dice.uniform(0, LONGEST_LIFE))
                        forwarders.kill_the_one_at_work()
                inbox.is_moody = False
                time.sleep(1.0)
                try_everything_again(instance)
                wait_until_all_is_sent(instance, DRAIN)
            finally:
                forwarders.end()
        print(f"{kills} kills, {dict(inbox.faults)}: {judge(instance, reporter, inbox)}")
    assert min(inbox.faults.values()) > 0
    assert len(reporter.accepted) > kills / 4
