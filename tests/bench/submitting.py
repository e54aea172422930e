"""A report over HTTP, from the first byte of the request to the last of the receipt, beside one bare commit."""

import http.client
import sqlite3
import time
import urllib.parse
from pathlib import Path
from uuid import uuid4

from tests.bench.figures import Figure, percentile
from tests.bench.sink import Sink
from tests.processes import Kiosk

STILL_OPEN = 10.0  # seconds
ROW = 1500  # bytes: about what a report's own row holds


class Visitor:
    """A browser with scripts that keeps its connection."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", kiosk.public, timeout=20)
        self._last = 0.0

    def submit(self) -> float:
        """Seconds until the receipt is here. The report is for one mailbox alone, the MSSI's."""
        fields = {"submission_id": str(uuid4()), "description": "La porte du local technique reste ouverte. " * 12}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        self._come_in()
        started = time.perf_counter()
        self._connection.request("POST", "/fr/report/access_control_disabled", urllib.parse.urlencode(fields), headers)
        response = self._connection.getresponse()
        page = response.read()
        took = time.perf_counter() - started
        if response.status != 200 or b"data-reference=" not in page:
            raise RuntimeError(f"no receipt: {response.status}")
        self._last = time.monotonic()
        return took

    def _come_in(self) -> None:
        """Through another measurement of half a minute the door would not have waited."""
        if time.monotonic() - self._last > STILL_OPEN:
            self._connection.close()
            self._connection.connect()


class BareCommits:
    """SQLite, its WAL and a sync: the least that a report on disk can cost."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE rows (bytes BLOB)"):
            self._connection.execute(statement).fetchall()

    def commit(self) -> float:
        started = time.perf_counter()
        self._connection.execute("INSERT INTO rows VALUES (?)", (b"x" * ROW,))
        return time.perf_counter() - started


class Submitting:
    """``idle`` has no relay, so that its forwarder sleeps; the other's forwarder sends to ``sink`` all the while."""

    def __init__(self, idle: Kiosk, busy: Kiosk, sink: Sink, folder: Path) -> None:
        self._idle, self._busy = Visitor(idle), Visitor(busy)
        self._sink = sink
        self._raw = BareCommits(folder / "raw.db")
        self.figures = [
            Figure("submit, p50", "bare commit, p50", "ms"),
            Figure("submit, p99", "bare commit, p99", "ms"),
            Figure("submit while the forwarder sends, p50", "while it is idle, p50", "ms"),
            Figure("submit while the forwarder sends, p99", "while it is idle, p99", "ms"),
        ]
        for visitor in (self._idle, self._busy):
            visitor.submit()  # the first one compiles templates

    def round(self, size: int) -> None:
        raw, idle, busy = [], [], []
        self._sink.reset()
        for _ in range(size):
            raw.append(self._raw.commit() * 1e3)
            idle.append(self._idle.submit() * 1e3)
        for _ in range(size):
            busy.append(self._busy.submit() * 1e3)
        self._sink.wait_for(size)
        for figure, share in zip(self.figures, (0.5, 0.99) * 2, strict=True):
            ours, theirs = (idle, raw) if figure in self.figures[:2] else (busy, idle)
            figure.add(percentile(ours, share), percentile(theirs, share))
