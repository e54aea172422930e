"""The console on a clock that stands still, with two sites."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from jinja2 import Undefined, UndefinedError
from jinja2.utils import missing
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings, Site, Smtp
from kiosk.store.instance import directory
from kiosk.store.keys import site_keys
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import FRIDAY


class MisspeltAttribute(Undefined):
    """Undefined values in templates, of which an attribute that a value of ours lacks is an error."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if type(obj).__module__.startswith("kiosk."):
            raise AttributeError(f"a template asks {type(obj).__name__} for {name}")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    sites = (*settings.sites, Site(id="nord", name="Agence Nord"))
    return dataclasses.replace(settings, sites=sites, smtp=Smtp(host="127.0.0.1"))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock; it stands still."""

    def stand_at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    stand_at(FRIDAY)
    return stand_at


@pytest.fixture
def door(db: Database, settings: Settings, now: Callable[[datetime], None]) -> Flask:
    directory.sync(db, settings.sites, settings.audiences)
    site_keys.ensure_site_keys(db, settings.secrets, ("nord",), FRIDAY)
    app = staff_app(settings)
    app.jinja_env.undefined = MisspeltAttribute
    return app


@pytest.fixture
def anne(door: Flask, signed_in: SignIn) -> Colleague:
    return signed_in(door.test_client(), name="anne")
