"""A colleague with a second factor, and consoles that may demand one."""

import dataclasses

import pytest
from flask.testing import FlaskClient
from sqlite_utils import Database

from kiosk import clock, staff_app
from kiosk.config import Settings, Staff
from kiosk.domain.roles import StaffRole
from kiosk.store.staff import passwords, second_factors
from kiosk.store.staff.accounts import Member
from tests.build import NOON
from tests.staff import a_member
from tests.web.second_factor.two_steps import CHEAP, PASSWORD, SECRET, Clock


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", lambda: made.now)
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    return made


@pytest.fixture
def anna(db: Database) -> Member:
    return a_member(db, name="anna", password_hash=CHEAP.hash(PASSWORD))


@pytest.fixture
def codes(db: Database, settings: Settings, anna: Member) -> tuple[str, ...]:
    """Anna has an app; her recovery codes."""
    added = second_factors.add_app(db, settings.secrets, anna, SECRET, 0, NOON, only_first=True)
    assert added is not None
    return added.codes


@pytest.fixture
def browser(db: Database, settings: Settings) -> FlaskClient:
    return staff_app(settings).test_client()


@pytest.fixture
def strict(settings: Settings) -> FlaskClient:
    """Of a console whose managers must have a second factor."""
    return staff_app(
        dataclasses.replace(settings, staff=Staff(second_factor=(StaffRole.MANAGER, StaffRole.DPO)))
    ).test_client()
