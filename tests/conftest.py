"""What every test may ask for: an instance of its own on a real disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.store import start
from tests.translations import compile_translations

# Properties are checked without a time limit: a busy machine is no fault of the program. Every day the same examples,
# so that a test fails when the program changed and not when the dice did; `make test-long` throws them anew.
unhurried = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("daily", unhurried, derandomize=True)
hypothesis_settings.register_profile("search", unhurried, print_blob=True)
hypothesis_settings.load_profile("daily")

compile_translations()  # a checkout that was only pulled has none, or old ones


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance")


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    with start.prepare(settings, clock.now()) as database:
        yield database
