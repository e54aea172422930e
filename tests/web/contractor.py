"""Somebody at the terminal, and what the organisation then knows of their report."""

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.config import Settings
from kiosk.store.keys import site_keys
from kiosk.store.keys.sealing import open_sealed


@dataclass(frozen=True)
class Answer:
    status: int
    page: str

    def _attribute(self, name: str) -> str:
        found = re.search(rf'{name}="([^"]+)"', self.page)
        assert found, f"no {name} on the page"
        return found[1]

    @property
    def screen(self) -> str:
        """Without the help that unfolds below it."""
        return self.page.partition("</main>")[0]

    @property
    def reference(self) -> str:
        return self._attribute("data-reference")

    @property
    def follow_up_code(self) -> str:
        return self._attribute("data-follow-up-code")

    @property
    def submission_id(self) -> str:
        return self._attribute('name="submission_id" value')

    @property
    def shows_code(self) -> bool:
        return "data-follow-up-code" in self.page

    @property
    def is_receipt(self) -> bool:
        return self.status == 200 and "data-reference" in self.page


class PlainBrowser(FlaskClient):
    """Without scripts: goes on to where the answer to a POST leads."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"follow_redirects": kwargs.get("method") == "POST"} | kwargs)


class Contractor:
    """As a browser without scripts speaks for them."""

    def __init__(self, app: Flask) -> None:
        self.client = PlainBrowser(app, app.response_class)

    def fetches(self, path: str, method: str = "GET", **options: Any) -> TestResponse:
        """The whole answer, its file closed again."""
        return self.client.open(path, method=method, buffered=True, **options)

    def opens(self, path: str, **options: Any) -> Answer:
        response = self.client.get(path, **options)
        return Answer(response.status_code, response.text)

    def sends(self, kind: str = "theft", *, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        response = self.client.post(f"/fr/report/{kind}", data=fields, headers=headers)
        return Answer(response.status_code, response.text)

    def sends_body(self, body: bytes, content_type: str) -> Answer:
        response = self.client.post("/fr/report/theft", data=body, content_type=content_type)
        return Answer(response.status_code, response.text)

    def asks_after(self, code: str) -> Answer:
        response = self.client.post("/fr/follow-up", data={"code": code})
        return Answer(response.status_code, response.text)


class Organisation:
    """Opens what was sealed, as its staff could."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings

    @property
    def reports(self) -> int:
        return int(self._db["reports"].count)

    def row(self, reference: str) -> dict[str, Any]:
        return next(iter(self._db["reports"].rows_where("reference = ?", [reference])))

    def content(self, reference: str) -> dict[str, Any]:
        return self._open(reference, "content")

    def contact(self, reference: str) -> dict[str, Any]:
        return self._open(reference, "contact")

    def flags(self, reference: str) -> list[str]:
        flags: list[str] = json.loads(self.row(reference)["flags"])
        return flags

    def _open(self, reference: str, column: str) -> dict[str, Any]:
        row = self.row(reference)
        private = site_keys.private_key(self._settings.secrets, row["site_id"])
        opened: dict[str, Any] = json.loads(
            open_sealed(row[column], private, context=row["submission_hash"] + column.encode())
        )
        return opened
