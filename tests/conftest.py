"""Fixtures of all tests: an instance on a real disk, compiled templates, and how workers share the files."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlite_utils import Database

from kiosk import clock
from kiosk.bundles import copies_to_make
from kiosk.commands.assets import compress_texts
from kiosk.config import Settings
from kiosk.store.instance import start
from tests.translations import compile_translations

CHECKOUT = Path(__file__).resolve().parents[1]

# Properties are checked without a time limit: a busy machine is no fault of the program. Every day the same examples,
# so that a test fails when the program changed and not when the dice did; `make test-long` throws them anew.
unhurried = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("daily", unhurried, derandomize=True)
hypothesis_settings.register_profile("search", unhurried, print_blob=True)
hypothesis_settings.load_profile("daily")

compile_translations()  # a checkout that was only pulled has none, or old ones
compress_texts(CHECKOUT, copies_to_make(CHECKOUT / "static"))  # the same


# The slowest folders first, so that no worker is left alone with a long file at the end.
SLOWEST_FIRST = ("browser", "crash", "smtp", "contract")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups for workers: a file stays on one worker, and tests that count system calls never run side by side."""
    items.sort(key=_rank)
    for item in items:
        counted = item.get_closest_marker("system_calls")
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("system calls" if counted else item.nodeid.partition("::")[0]))


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Jinja's bytecode cache: each template is compiled once per worker, not once per application."""
    folder = tmp_path_factory.mktemp("templates")
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path / "instance")


@pytest.fixture(scope="session")
def _prepared_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new instance with the default settings, made once; to copy it takes a tenth of the time of making it."""
    settings = Settings(instance=tmp_path_factory.mktemp("prepared") / "instance")
    start.prepare(settings, clock.now()).close()
    return settings.instance


@pytest.fixture
def db(settings: Settings, _prepared_instance: Path) -> Iterator[Database]:
    shutil.copytree(_prepared_instance, settings.instance, dirs_exist_ok=True)
    with start.prepare(settings, clock.now()) as database:
        yield database
