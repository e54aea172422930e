"""The two servers that are measured by each other: the kiosk and the plain outbox, each with a relay of its own."""

import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from sqlite3 import connect

from kiosk import clock, public_app
from kiosk.config import load_settings
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from kiosk.store.watch import health
from tests.bench import outbox
from tests.bench.proc import child_of, processor_seconds, running, threads_of, wake_ups
from tests.bench.sink import Sink
from tests.bench.visitor import FIELDS, KIND, Requests, Visitor
from tests.build import MAILS
from tests.processes import Kiosk, free_port
from tests.waiting import until

MAILS_A_REPORT = len(outbox.AUDIENCES)
ROLES = ("mssi", "manager", "dpo")
AUDIENCES = "".join(
    f'[[audiences]]\nid = "{role}"\nrole = "{role}"\naddress = "{address}"\n'
    for role, address in zip(ROLES, outbox.AUDIENCES, strict=True)
)


class Server:
    """``processes``: those whose time and memory count, the answering one first."""

    processes: tuple[int, ...]
    requests: Requests
    sink: Sink

    def visitor(self) -> Visitor:
        return Visitor(self.requests)

    def processor_seconds(self) -> float:
        return sum(map(processor_seconds, self.processes))

    def wake_ups(self) -> int:
        return sum(map(wake_ups, self.processes))

    def sending_threads(self) -> set[int]:
        raise NotImplementedError

    def wait_for_mails_of(self, reports: int) -> None:
        """Of so many since the relay's count began."""
        self.sink.wait_for(reports * MAILS_A_REPORT)

    def wait_until_all_is_done(self) -> None:
        until(self._is_at_rest)

    def _is_at_rest(self) -> bool:
        raise NotImplementedError


class Ours(Server):
    """`kiosk run` with three audiences: the MSSI, a manager, the DPO."""

    def __init__(self, stack: ExitStack, instance: Path) -> None:
        set_up(instance)
        self.sink = stack.enter_context(Sink())
        self.kiosk = stack.enter_context(Kiosk(instance=instance, environment=self.sink.environment))
        self.processes = (self.kiosk.process.pid, child_of(self.kiosk.process.pid))
        self.requests = Requests.of(self.kiosk.public, "/fr/", f"/fr/report/{KIND}")

    def wait_for_forwarder(self) -> None:
        wait_for_forwarder(self.kiosk.database)

    def sending_threads(self) -> set[int]:
        return threads_of(self.processes[1])

    def _is_at_rest(self) -> bool:
        """The body of a mail is erased once it has been sent."""
        with open_database(self.kiosk.database) as db:
            return db.execute("SELECT 1 FROM bodies LIMIT 1").fetchone() is None


class Outbox(Server):
    """tests/bench/outbox.py in a process of its own, with an annex of so many characters in its mails."""

    def __init__(self, stack: ExitStack, folder: Path, annex: int) -> None:
        folder.mkdir()
        self._database, port = folder / "outbox.db", free_port()
        self.sink = stack.enter_context(Sink())
        places = (self._database, port, self.sink.port, annex)
        command = [sys.executable, "-m", outbox.__name__, *map(str, places)]
        process = stack.enter_context(running(command, output=subprocess.PIPE))
        assert process.stdout is not None
        self.processes = (process.pid,)
        self.requests = Requests.of(port, "/", "/report")
        until(lambda: self._answers() or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError("the outbox has ended by itself")
        self._sender = int(process.stdout.readline())

    def _answers(self) -> bool:
        try:
            return self.visitor().opens_home() > 0
        except OSError:
            return False

    def sending_threads(self) -> set[int]:
        return {self._sender}

    def _is_at_rest(self) -> bool:
        with closing(connect(self._database)) as db:
            return db.execute("SELECT 1 FROM mails WHERE sent_at IS NULL LIMIT 1").fetchone() is None


def wait_for_forwarder(database: Path) -> None:
    """Until one is at work there."""
    beats = "SELECT 1 FROM heartbeats WHERE name = ?"
    with open_database(database) as db:
        until(lambda: db.execute(beats, (health.FORWARDER,)).fetchone())


def set_up(instance: Path) -> None:
    instance.mkdir(parents=True)
    (instance / "kiosk.toml").write_text(AUDIENCES, encoding="utf-8")


def mail_of_the_kiosk(instance: Path) -> bytes:
    """About a visitor's report, with the bytes that the kiosk gives it."""
    set_up(instance)
    settings = load_settings({"KIOSK_INSTANCE": str(instance)})
    with start.prepare(settings, clock.now()) as db:
        public_app(settings).test_client().post(f"/fr/report/{KIND}", data=FIELDS)
        mails = [bytes(row[0]) for row in db.execute(MAILS)]
    if len(mails) != MAILS_A_REPORT:
        raise RuntimeError(f"a report makes {len(mails)} mails, not {MAILS_A_REPORT}")
    return mails[0]


def mail_size(annex: int) -> int:
    """Bytes of a mail of the outbox about a visitor's report."""
    with outbox.site(None).app_context():
        return len(outbox.composed(FIELDS, outbox.AUDIENCES[0], outbox.annex_of(annex)))
