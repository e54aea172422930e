import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import public_app
from kiosk.config import Settings
from tests.web.colleague import SignIn
from tests.web.contractor import Contractor, Organisation


@pytest.fixture
def app(db: Database, settings: Settings) -> Flask:
    return public_app(settings)


@pytest.fixture
def contractor(app: Flask) -> Contractor:
    return Contractor(app)


@pytest.fixture
def signed_in(db: Database) -> SignIn:
    return SignIn(db)


@pytest.fixture
def organisation(db: Database, settings: Settings) -> Organisation:
    return Organisation(db, settings)
