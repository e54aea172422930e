"""What every test may ask for: an instance of its own on a real disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.store import start


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance")


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    with start.prepare(settings, clock.now()) as database:
        yield database
