"""Requests of a visitor to either server: home page, form, report, and the way back to the home page."""

import time
import urllib.parse
from dataclasses import dataclass
from uuid import uuid4

from tests.bench.wire import Answer, Connection, request

KIND = "access_control_disabled"
FIELDS = {
    "zone": "zone-3",
    "place": "Porte de derrière, au bout du couloir",
    "when": "now",
    "ongoing": "yes",
    "state": "open",
    "leads_to": "archives",
    "cause": "breakdown",
    "personal_data": "yes",
    "description": "La porte du local technique reste ouverte, on voit les dossiers depuis le couloir. " * 3,
    "name": "A. Martin",
    "company": "Nettoyage du Midi",
    "telephone": "06 12 34 56 78",
}
ID = "00000000-0000-4000-8000-000000000000"  # replaced in each report
SCRIPT = {"HX-Request": "true", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@dataclass(frozen=True)
class Requests:
    """The bytes for one server. ``scripted`` asks for a fragment, as the terminal does; the outbox knows none."""

    port: int
    home: bytes
    form: bytes
    scripted: bytes
    plain: bytes

    @classmethod
    def of(cls, port: int, home: str, form: str) -> "Requests":
        body = urllib.parse.urlencode({"submission_id": ID, **FIELDS}).encode()
        return cls(
            port,
            request("GET", home, port),
            request("GET", form, port),
            request("POST", form, port, body, SCRIPT),
            request("POST", form, port, body),
        )


class Visitor:
    """Keeps its connection, as a browser does. Each verb returns the seconds until the whole answer was there."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._connection = Connection(requests.port)

    def opens_home(self) -> float:
        return self._timed(self._requests.home)

    def opens_form(self) -> float:
        return self._timed(self._requests.form)

    def reports(self) -> float:
        """By the page's script."""
        return self._timed(self._with_new_id(self._requests.scripted))

    def reports_without_script(self) -> float:
        """The kiosk answers with the address of a page that is shown once."""
        started = time.perf_counter()
        answer = self._connection.ask(self._with_new_id(self._requests.plain))
        if answer.status == 303:
            answer = self._connection.ask(request("GET", answer.location, self._requests.port))
        _demand_200(answer)
        return time.perf_counter() - started

    def visits(self) -> float:
        return self.opens_home() + self.opens_form() + self.reports() + self.opens_home()

    def leaves(self) -> None:
        self._connection.close()

    def _timed(self, prepared: bytes) -> float:
        started = time.perf_counter()
        _demand_200(self._connection.ask(prepared))
        return time.perf_counter() - started

    def _with_new_id(self, prepared: bytes) -> bytes:
        return prepared.replace(ID.encode(), str(uuid4()).encode())


def _demand_200(answer: Answer) -> None:
    """No look at what was stored: the relay waits for the mails of each report."""
    if answer.status != 200:
        raise RuntimeError(f"a page was expected, not {answer.status}")
