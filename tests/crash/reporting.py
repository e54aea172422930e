"""What the kill tests share: somebody who reports all the while, and what must hold when the dust has settled."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from kiosk.store.base.connection import Database, open_database
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.trace.events import first_break
from tests.processes import Inbox, Kiosk
from tests.waiting import PATIENCE, until

# Every mail alone, so that each can be counted.
ENVIRONMENT = {"KIOSK_SMTP__AMBIGUOUS_WAIT": "1", "KIOSK_MAIL__ALONE_PER_HOUR": "0"}


@dataclass
class Reporter:
    """Somebody who reports until told to stop, and presses again when no receipt came. ``pause`` in seconds."""

    kiosk: Kiosk
    pause: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    accepted: dict[UUID, str] = field(default_factory=dict)

    def work(self) -> None:
        while not self.stop.wait(self.pause):
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


@contextmanager
def reports_coming_in(kiosk: Kiosk, *, pause: float = 0.0) -> Iterator[Reporter]:
    reporter = Reporter(kiosk, pause)
    thread = threading.Thread(target=reporter.work, daemon=True)
    thread.start()
    try:
        yield reporter
    finally:
        reporter.stop.set()
        thread.join(PATIENCE)


def wait_until_all_is_sent(instance: Path, *, meanwhile: Callable[[Database], object] = lambda db: None) -> None:
    """``meanwhile`` is called as long as something waits."""
    with open_database(instance / "kiosk.db") as db:

        def look() -> bool:
            waiting = deliveries.count_waiting(db)
            if waiting:
                meanwhile(db)
            return not waiting

        until(look, seconds=2 * PATIENCE, told=lambda: undelivered(db))


def judge(instance: Path, reporter: Reporter, inbox: Inbox) -> str:
    """Asserts that nothing was lost, changed, or doubled without a doubt that was recorded; says what was seen."""
    with open_database(instance / "kiosk.db") as db:
        stored = {row[0] for row in db.execute("SELECT reference FROM reports")}
        deliveries = db.execute("SELECT message_id, ambiguous FROM deliveries").fetchall()
        unbroken = first_break(db) is None
    copies = inbox.by_message_id()
    assert set(reporter.accepted.values()) <= stored
    assert {message_id for message_id, _ in deliveries} == set(copies)
    assert [identity for identity, doubtful in deliveries if len(copies[identity]) > 1 + doubtful] == []
    assert all(len(set(same)) == 1 for same in copies.values())
    assert unbroken
    doubles = sum(len(same) - 1 for same in copies.values())
    ambiguous = sum(doubtful for _, doubtful in deliveries)
    return f"{len(reporter.accepted)} accepted, {len(copies)} mails, {doubles} doubles, {ambiguous} ambiguous"
