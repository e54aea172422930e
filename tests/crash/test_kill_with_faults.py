"""Kill -9 of the forwarder while the relay itself puts off, hangs up and loses its voice at the worst moment."""

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk import clock
from kiosk.store.base.connection import Database
from kiosk.store.outbox import deliveries
from tests.crash.forked import ForkedKiosk, ForkedProgram
from tests.crash.reporting import ENVIRONMENT, judge, reports_coming_in, wait_until_all_is_sent
from tests.processes import Inbox

KILLS = 40
FAULT_SHARE = 0.02  # of the mails, for each fault
FAULTS = ("hung up in the middle", "put off", "taken without a word")
REPORT_PAUSE = 0.01  # seconds: the programs that start must get their share of the machine
LONGEST_LIFE = 0.04  # seconds from its first mail to its end


class MoodyInbox(Inbox):
    """Now and then puts a mail off, hangs up in the middle, or takes a mail and hangs up without a word."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.faults = Counter(dict.fromkeys(FAULTS, 0))
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


def try_again_what_was_put_off(db: Database) -> None:
    put_off = "SELECT 1 FROM deliveries WHERE attempts > 0 AND state = 'queued' AND next_attempt_at > ?"
    if db.execute(put_off, (clock.to_text(clock.now()),)).fetchone():
        deliveries.retry_now(db, reference=None, actor="test", now=clock.now())


MORE = [pytest.param(100, marks=pytest.mark.ci), pytest.param(2000, marks=pytest.mark.long)]


@pytest.mark.parametrize("kills", [KILLS, *MORE])
def test_no_report_is_lost_between_a_moody_relay_and_a_forwarder_that_is_killed(tmp_path: Path, kills: int) -> None:
    dice = random.Random(os.environ.get("KILL_SEED", "20261122"))
    instance = tmp_path / "instance"
    with MoodyInbox(random.Random(dice.random())) as inbox:
        environment = {**inbox.environment, **ENVIRONMENT}
        with (
            ForkedKiosk("--no-forwarder", instance=instance, environment=environment) as kiosk,
            ForkedProgram("forward", instance=instance, environment=environment) as forwarder,
        ):
            done = 0
            with reports_coming_in(kiosk, pause=REPORT_PAUSE) as reporter:
                while done < kills or min(inbox.faults.values()) == 0:
                    inbox.wait_for(len(inbox.mails) + 1)
                    time.sleep(dice.uniform(0, LONGEST_LIFE))  # not to wait for anything: at any moment of its work
                    forwarder.kill()
                    forwarder.start()
                    done += 1
            inbox.is_moody = False
            wait_until_all_is_sent(instance, meanwhile=try_again_what_was_put_off)
        print(f"{done} kills, {dict(inbox.faults)}: {judge(instance, reporter, inbox)}")
    assert len(reporter.accepted) > kills / 4
