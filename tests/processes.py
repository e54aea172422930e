"""The product as it really runs: processes of its own, talked to over HTTP and SMTP on loopback."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Mapping
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk.config.demonstration import FOLDER
from kiosk.config.settings import DATABASE
from kiosk.store.base.connection import open_database
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[1]


# Below the range that the system hands out for outgoing connections, so that a restarted program gets its port again.
# Each worker of pytest-xdist has a share of its own; pytest-randomly makes `random` the same in all of them.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
PORTS = range(15_000 + WORKER, 32_000, WORKERS)
dice, given = random.SystemRandom(), set[int]()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never the same one twice."""
    while True:
        port = dice.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given:
            given.add(port)
            return port


class Inbox:
    """A real, well-behaved SMTP server that keeps what it takes: (recipient, bytes), in order."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self._new = threading.Condition()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.original_content, bytes)
        with self._new:
            self.mails.append((envelope.rcpt_tos[0], envelope.original_content))
            self._new.notify_all()
        return "250 2.0.0 taken"

    def wait_for(self, count: int) -> None:
        with self._new:
            assert self._new.wait_for(lambda: len(self.mails) >= count, PATIENCE), f"{len(self.mails)} of {count} mails"

    def by_message_id(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for _, content in list(self.mails):
            found.setdefault(str(message_from_bytes(content)["Message-ID"]), []).append(content)
        return found

    @property
    def environment(self) -> dict[str, str]:
        return {"KIOSK_SMTP__HOST": "127.0.0.1", "KIOSK_SMTP__PORT": str(self.port), "KIOSK_SMTP__SECURITY": "none"}

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


class Program:
    """One `kiosk …` process; ended, by its own number, when the block is left.

    ``served``: folder of the database in use, which differs from the instance for a demonstration.
    """

    def __init__(
        self, *arguments: str, instance: Path, environment: Mapping[str, str] = {}, log: Path | None = None
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KIOSK_")}
        self._command = [sys.executable, "-m", "kiosk", *arguments]
        self._environment = {**clean, "KIOSK_INSTANCE": str(instance), "PYTHONPATH": str(ROOT), **environment}
        self.instance = instance
        self.served = instance / FOLDER if "--demo" in arguments else instance
        self._log = log or instance.parent / f"{instance.name}.log"
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ends()

    def ends(self) -> int:
        """Waits until it ends by itself; its exit status."""
        return self.process.wait(PATIENCE)

    @property
    def database(self) -> Path:
        return self.served / DATABASE

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.terminate()


class Kiosk(Program):
    """`kiosk run` on two free ports."""

    def __init__(self, *arguments: str, instance: Path, environment: Mapping[str, str] = {}) -> None:
        self.public, self.staff = free_port(), free_port()
        doors = ("--public", f"127.0.0.1:{self.public}", "--staff", f"127.0.0.1:{self.staff}")
        super().__init__("run", *doors, *arguments, instance=instance, environment=environment)
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        until(lambda: self._answers() or self.process.poll() is not None, told=lambda: self.log)
        assert self.process.poll() is None, f"the kiosk has ended:\n{self.log}"

    def _answers(self) -> bool:
        try:
            return self.get("/ping")[0] == 204
        except OSError:
            return False

    def count_reports(self) -> int:
        with open_database(self.database) as db:
            return int(db["reports"].count)

    def get(self, path: str, *, door: str = "public") -> tuple[int, str]:
        return self._request("GET", path, None, door)

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
        return self._request("POST", path, urllib.parse.urlencode(fields), "public")

    def posts_without_going_on(self, path: str, fields: Mapping[str, str]) -> str:
        """The address to which the answer leads."""
        status, said = self._request("POST", path, urllib.parse.urlencode(fields), "public", goes_on=False)
        assert status == 303
        return said

    def _request(self, method: str, path: str, body: str | None, door: str, *, goes_on: bool = True) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", getattr(self, door), timeout=PATIENCE)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode()
            if method == "POST" and response.status == 303:
                address = response.headers["Location"]
                return self._request("GET", address, None, door) if goes_on else (303, address)
            return response.status, page
        except http.client.HTTPException as error:
            raise ConnectionError("the answer was cut off") from error
        finally:
            connection.close()
