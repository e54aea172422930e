"""`kiosk init` beside a kiosk that serves: whoever reads goes on reading, and after a restart gives a password."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from pathlib import Path

from kiosk import clock
from kiosk.commands.staff import add_member
from kiosk.config import Settings
from kiosk.domain.roles import StaffRole
from kiosk.store.instance import start
from kiosk.store.staff.accounts import NewMember
from tests.crash.test_init_process import init
from tests.processes import Kiosk
from tests.waiting import PATIENCE
from tests.web.contractor import Answer

PASSWORD = "quatre mots bien choisis"
ANNA = NewMember(name="anna", display_name="Anna", role=StaffRole.MANAGER)


class Browser:
    def __init__(self, kiosk: Kiosk) -> None:
        self._origin = f"http://127.0.0.1:{kiosk.staff}"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def opens(self, path: str, fields: dict[str, str] | None = None) -> str:
        """The page that it comes to."""
        body = urllib.parse.urlencode(fields).encode() if fields else None
        asked = urllib.request.Request(self._origin + path, body, {"Origin": self._origin})
        with self._opener.open(asked, timeout=PATIENCE) as answer:
            return str(answer.read().decode())


def report(kiosk: Kiosk, words: str) -> str:
    return Answer(*kiosk.post("/fr/report/theft", {"description": words})).reference


def test_who_reads_goes_on_reading_and_a_restart_asks_for_the_password(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path / "instance")
    with start.prepare(settings, clock.now()) as db:
        link = add_member(db, settings, ANNA, clock.now())
    with Kiosk("--no-forwarder", instance=settings.instance) as kiosk:
        anna, old = Browser(kiosk), report(kiosk, "MARKER-BEFORE")
        path = f"/first-password/{link.rpartition('/')[2]}"
        anna.opens(path, {"password": PASSWORD, "password_again": PASSWORD})
        assert init(settings).returncode == 0
        new = report(kiosk, "MARKER-AFTER")
        assert "MARKER-BEFORE" in anna.opens(f"/reports/{old}")
        assert "MARKER-AFTER" in anna.opens(f"/reports/{new}")
        kiosk.kill()
        kiosk.start()
        kiosk.wait_until_it_answers()
        locked = anna.opens(f"/reports/{new}")
        assert "MARKER" not in locked
        token = re.search(r'name="csrf" value="(\w+)"', locked)
        assert token
        fields = {"csrf": token[1], "password": PASSWORD, "next": f"/reports/{new}"}
        assert "MARKER-AFTER" in anna.opens("/unlock", fields)
        assert "MARKER-BEFORE" in anna.opens(f"/reports/{old}")
        assert {path.name for path in settings.secrets.iterdir()} == {"backup-signing.key", "follow-up.key"}
        assert not [word for word in (PASSWORD, "MARKER", "Traceback") if word in kiosk.log]
