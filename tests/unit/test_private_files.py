"""What is on the disk is for the kiosk's own account, from the first moment on."""

import os
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from tests.build import NOON, store


def readable_by_others(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077)


def test_no_file_of_a_first_start_can_be_read_by_others_while_it_runs(settings: Settings) -> None:
    before = os.umask(0o022)
    try:
        with start.prepare(settings, NOON) as db:
            store(db)
            assert Path(f"{settings.database}-wal").stat().st_size
            assert readable_by_others(settings.instance) == []
    finally:
        os.umask(before)


def test_a_wal_that_others_could_read_is_closed_to_them_at_the_next_start(settings: Settings) -> None:
    with start.prepare(settings, NOON):
        Path(f"{settings.database}-wal").chmod(0o644)
        start.prepare(settings, NOON).close()
        assert readable_by_others(settings.instance) == []


def test_only_a_start_makes_a_database(settings: Settings) -> None:
    settings.instance.mkdir()
    with pytest.raises(StoreError):
        open_database(settings.database)
    assert not settings.database.exists()


def test_a_disk_that_takes_nothing_is_told_in_one_sentence(settings: Settings) -> None:
    start.prepare(settings, NOON).close()
    (settings.instance / "start.lock").unlink()
    (settings.instance / "start.lock").mkdir()
    with pytest.raises(StoreError, match="ne peut pas être écrit"):
        start.prepare(settings, NOON)
