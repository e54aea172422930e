"""Somebody at the console, in this process and without a network between, and what the kiosk does now and then."""

import re
import time
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings
from kiosk.store.instance import start
from kiosk.watch.daily_mail import write_daily
from tests.bench.many_reports import fill
from tests.incident import an_incident
from tests.processes import Program
from tests.staff import a_member, a_session

FRAGMENT = {"HX-Request": "true"}


class Desk:
    """Somebody signed in to a console with ``count`` reports. Verbs return seconds."""

    def __init__(self, folder: Path, count: int) -> None:
        self._settings = Settings(instance=folder)
        with start.prepare(self._settings, clock.now()) as db:
            fill(db, count)
            self.reference = an_incident(db, self._settings, description="La porte reste ouverte. " * 20)
            self._client = self._signed_in(db)
        self._version = ""
        for verb in (self.list, self.look_up, self.closed, self.register):
            verb()  # the first ones compile templates, and note the visit and the reading

    def list(self) -> float:
        return self._get("/")

    def look_up(self) -> float:
        return self._get(f"/reports/{self.reference}")

    def closed(self) -> float:
        return self._get("/?state=closed")

    def register(self) -> float:
        return self._get("/breaches")

    def empty_poll(self) -> float:
        """Asked again when the minute has passed between the page and the question."""
        while True:
            took = self._get(f"/?version={self._version}", status=None, headers=FRAGMENT)
            if self._status == 204:
                return took

    def search(self) -> float:
        """For words that no report has, so that all are opened that a search may open."""
        token = re.search(r'name="csrf" value="([^"]+)"', self._client.get("/search").text)
        fields = {"csrf": token[1] if token else "", "words": "introuvable nulle part"}
        started = time.perf_counter()
        answer = self._client.post("/search", data=fields)
        took = time.perf_counter() - started
        if answer.status_code != 200:
            raise RuntimeError(f"no search: {answer.status_code}")
        return took

    def daily_mail(self) -> float:
        """Tomorrow's, once."""
        with start.prepare(self._settings, clock.now()) as db:
            started = time.perf_counter()
            write_daily(db, self._settings, clock.now() + timedelta(days=1))
            took = time.perf_counter() - started
            if db.execute("SELECT 1 FROM daily_mails").fetchone() is None:
                raise RuntimeError("no daily mail was written")
        return took

    def verify(self) -> float:
        """`kiosk verify`, as a process."""
        started = time.perf_counter()
        with Program("verify", instance=self._settings.instance) as program:
            if program.process.wait() != 0:
                raise RuntimeError(f"the trace does not hold: {program.log}")
        return time.perf_counter() - started

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
        client.set_cookie("kiosk", a_session(db, a_member(db, "mssi")))
        return client
