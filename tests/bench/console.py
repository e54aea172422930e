"""The console with many reports beside one with few: its list, a report by its reference, a poll without news."""

import re
import time
from pathlib import Path

from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from tests.bench.figures import Figure, percentile
from tests.incident import an_incident
from tests.staff import a_member, a_session

FEW = 1_000
REQUESTS = 20  # of each sort in a round
FRAGMENT = {"HX-Request": "true"}

NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)"
# A third waits, a third is taken, a third is closed; one a minute, up to now.
REPORTS = f"""
{NUMBERS}
INSERT INTO reports (id, reference, submission_hash, fingerprint, follow_up_hash, follow_up_key, kind, kind_title,
  severity, state, site_id, zone, sent_from, language, observed_precision, ongoing, personal_data, aware_at,
  received_at, line_id, line_at, deadline_at, flags, site_key_id, content, taken_at, taken_by, closed_at, outcome)
SELECT n, printf('%03d-%03d-%03d', n / 1000000, n / 1000 % 1000, n % 1000), randomblob(32), zeroblob(32),
  randomblob(32), zeroblob(32), 'theft', 'Matériel ou document disparu',
  CASE n % 5 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' ELSE 'normal' END,
  CASE n % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'acknowledged' ELSE 'closed' END, 'siege', 'zone-1', 'terminal', 'fr',
  'now', 'yes', 'yes', at, at, n, at, at, '[]', 1, zeroblob(600), iif(n % 3 = 1, at, NULL),
  iif(n % 3 = 1, 'A. Martin', NULL), iif(n % 3 = 2, at, NULL), iif(n % 3 = 2, 'resolved', NULL)
FROM (SELECT n, strftime('%Y-%m-%dT%H:%M:00.000Z', 'now', (n - :count) || ' minutes') AS at FROM numbers)
"""
MAILS = """
INSERT INTO deliveries (report_id, site_id, audience_id, purpose, message_id, head, state, created_at, next_attempt_at,
  attempts, sent_at, last_reply)
SELECT reports.id, site_id, audiences.id, 'report', '<' || reports.id || '.' || audiences.id || '@b>', x'', 'sent',
  received_at, received_at, 1, received_at, '250 2.0.0 taken'
FROM reports, audiences WHERE audiences.id = 'mssi'
"""
TRACE = """
INSERT INTO events (at, actor, action, reference, detail, previous, digest)
SELECT received_at, 'kiosk', 'delivery_sent', reference, '{}', zeroblob(32), zeroblob(32) FROM reports
"""


class Desk:
    """Somebody signed in to a console with ``count`` reports."""

    def __init__(self, folder: Path, count: int) -> None:
        self._settings = Settings(instance=folder)
        with start.prepare(self._settings, clock.now()) as db:
            fill(db, count)
            self.reference = an_incident(db, self._settings, description="La porte reste ouverte. " * 20)
            self._client = self._signed_in(db)
        self._version = ""
        self.list()  # the first ones compile templates, and note the visit and the reading
        self.look_up()

    def list(self) -> float:
        return self._get("/")

    def look_up(self) -> float:
        return self._get(f"/reports/{self.reference}")

    def empty_poll(self) -> float:
        """Asked again when the minute has passed between the page and the question."""
        while True:
            took = self._get(f"/?version={self._version}", status=None, headers=FRAGMENT)
            if self._status == 204:
                return took

    def _get(self, path: str, *, status: int | None = 200, headers: dict[str, str] | None = None) -> float:
        started = time.perf_counter()
        answer = self._client.get(path, headers=headers)
        took = time.perf_counter() - started
        self._status = answer.status_code
        if status is not None and answer.status_code != status:
            raise RuntimeError(f"{path}: {answer.status_code}")
        if found := re.search(r'hx-get="/\?version=([\d.]+)"', answer.text):
            self._version = found[1]
        return took

    def _signed_in(self, db: Database) -> FlaskClient:
        client = staff_app(self._settings).test_client()
        client.set_cookie("kiosk", a_session(db, a_member(db)))
        return client


def fill(db: Database, count: int) -> None:
    with immediate(db):
        db.execute(REPORTS, {"count": count})
        db.execute(MAILS)
        db.execute(TRACE)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class Console:
    """Both desks are asked in turn, in one process, without a network between."""

    def __init__(self, folder: Path, many: int) -> None:
        self._few, self._many = Desk(folder / "few", FEW), Desk(folder / "many", many)
        self.figures = [
            Figure(f"console: list, {many} reports", f"{FEW} reports", "ms"),
            Figure(f"console: look-up by reference, {many} reports", f"{FEW} reports", "ms"),
            Figure(f"console: poll without news, {many} reports", f"{FEW} reports", "ms"),
        ]

    def round(self) -> None:
        for figure, name in zip(self.figures, ("list", "look_up", "empty_poll"), strict=True):
            taken: tuple[list[float], list[float]] = ([], [])
            for _ in range(REQUESTS):
                for desk, times in zip((self._many, self._few), taken, strict=True):
                    times.append(getattr(desk, name)() * 1e3)
            figure.add(*(percentile(times, 0.5) for times in taken))
