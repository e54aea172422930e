"""A member of staff at the console, as a browser without scripts speaks for them."""

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.config import Settings
from kiosk.store.staff.accounts import Member
from tests.staff import a_member, a_session


@dataclass(frozen=True)
class Colleague:
    """Signed in on ``client``; ``key`` is what the cookie holds."""

    client: FlaskClient
    member: Member
    key: str

    @property
    def csrf(self) -> str:
        """What every form of theirs carries."""
        found = re.search(r'name="csrf" value="(\w+)"', self.client.get("/account").text)
        assert found, "not signed in"
        return found[1]

    def opens(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def sends(self, path: str, *, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        return self.client.post(path, data={"csrf": self.csrf, **fields}, headers=headers)


class SignIn:
    """``signed_in(client, role="deputy", sites=("siege",))`` puts somebody's session into the client's cookies."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __call__(
        self, client: FlaskClient, role: str = "manager", *, sites: tuple[str, ...] = (), name: str = ""
    ) -> Colleague:
        member = a_member(self._db, role, sites=sites, name=name)
        key = a_session(self._db, member)
        settings: Settings = client.application.config["KIOSK_SETTINGS"]
        client.set_cookie("__Host-kiosk" if settings.staff.tls else "kiosk", key)
        return Colleague(client, member, key)
