"""Kill -9, again and again, of the doors and of the forwarder, while people report and mails leave."""

import os
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk.store.connection import open_database
from kiosk.store.events import first_break
from tests.processes import Inbox, Kiosk, Program

KILLS = 60
ENVIRONMENT = {"KIOSK_SMTP__AMBIGUOUS_WAIT": "1"}
DRAIN = 60.0  # seconds


@dataclass
class Reporter:
    """Somebody who reports until told to stop, and presses again when no receipt came."""

    kiosk: Kiosk
    stop: threading.Event
    accepted: dict[UUID, str] = field(default_factory=dict)

    def work(self) -> None:
        while not self.stop.is_set():
            submission = uuid4()
            while submission not in self.accepted and not self.stop.is_set():
                self._press(submission)

    def _press(self, submission: UUID) -> None:
        fields = {"submission_id": str(submission), "description": f"porte {submission.hex[:6]} ouverte"}
        try:
            status, page = self.kiosk.post("/fr/report/access_control_disabled", fields)
        except OSError:
            time.sleep(0.02)
            return
        found = re.search(r'data-reference="([^"]+)"', page)
        if status == 200 and found:
            self.accepted[submission] = found[1]


def kill_one_of(kiosk: Kiosk, forwarder: Program, dice: random.Random) -> None:
    time.sleep(dice.uniform(0.02, 0.3))
    if dice.random() < 0.3:
        kiosk.kill()
        kiosk.start()
        kiosk.wait_until_it_answers()
    else:
        forwarder.kill()
        forwarder.start()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.mark.parametrize("kills", [KILLS, pytest.param(2000, marks=pytest.mark.long)])
def test_no_accepted_report_is_lost_however_often_the_programs_are_killed(tmp_path: Path, kills: int) -> None:
    dice = random.Random(os.environ.get("KILL_SEED", "20261121"))
    instance = tmp_path / "instance"
    with (
        Inbox() as inbox,
        Kiosk("--no-forwarder", instance=instance, environment={**inbox.environment, **ENVIRONMENT}) as kiosk,
        Program("forward", instance=instance, environment={**inbox.environment, **ENVIRONMENT}) as forwarder,
    ):
        stop = threading.Event()
        reporter = Reporter(kiosk, stop)
        thread = threading.Thread(target=reporter.work, daemon=True)
        thread.start()
        try:
            for _ in range(kills):
                kill_one_of(kiosk, forwarder, dice)
        finally:
            stop.set()
            thread.join(30)
        with open_database(instance / "kiosk.db") as db:
            wait_until(
                lambda: db.execute("SELECT count(*) FROM deliveries WHERE state != 'sent'").fetchone()[0] == 0, DRAIN
            )
            ambiguous = db.execute("SELECT sum(ambiguous) FROM deliveries").fetchone()[0]
            stored = {row[0] for row in db.execute("SELECT reference FROM reports")}
            deliveries = db.execute("SELECT message_id, ambiguous FROM deliveries").fetchall()
            unbroken = first_break(db) is None
        copies = inbox.by_message_id()
    doubles = sum(len(same) - 1 for same in copies.values())
    accepted = len(reporter.accepted)
    print(f"{kills} kills: {accepted} accepted, {len(copies)} mails, {doubles} doubles, {ambiguous} ambiguous")
    assert len(reporter.accepted) > kills / 4
    assert set(reporter.accepted.values()) <= stored
    assert {message_id for message_id, _ in deliveries} == set(copies)
    assert all(len(copies[message_id]) <= 1 + doubtful for message_id, doubtful in deliveries)
    assert all(len(set(same)) == 1 for same in copies.values())
    assert unbroken
