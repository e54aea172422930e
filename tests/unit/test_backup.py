"""`kiosk backup`: whole, encrypted, under its name only when it is both, and in nobody's way."""

import dataclasses
import io
import os
import re
import resource
import shutil
import sqlite3
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.commands.init import split_keys
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.instance import backup, backup_file, snapshot, start
from kiosk.store.keys import age_keys, backup_signing, recovery
from tests.build import NOON, store
from tests.unit.later_version import ADDS, with_later_migration


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder / "kiosk.backup"


def written(db: Database, settings: Settings, target: Path, **options: bool) -> backup.BackupKey:
    key = backup.backup_key(db, settings)
    backup.write(settings, target, key, NOON, **options)
    return key


def members(target: Path, key: backup.BackupKey) -> dict[str, bytes]:
    assert key.private
    with target.open("rb") as file, backup_file.reading(file, key.private) as (_, found):
        return {name: content.read() for name, content in found}


def rows(content: bytes, tmp_path: Path) -> list[tuple[str, ...]]:
    path = tmp_path / "copy.db"
    path.write_bytes(content)
    with sqlite3.connect(path) as copy:
        return copy.execute("SELECT reference FROM reports").fetchall()


def test_it_holds_what_a_kiosk_needs_to_begin_anew(
    db: Database, settings: Settings, target: Path, tmp_path: Path
) -> None:
    store(db)
    settings.keyboards.mkdir()
    (settings.keyboards / "tr.json").write_text("{}")
    (settings.instance / "kiosk.toml").write_text("# empty")
    found = members(target, written(db, settings, target))
    assert set(found) == {
        "kiosk.db",
        "kiosk.toml",
        "keyboards/tr.json",
        "secrets/backup-signing.key",
        "secrets/follow-up.key",
        "secrets/site-siege.key",
    }
    assert rows(found["kiosk.db"], tmp_path) == [("7K4-92Q-MX3",)]


def test_the_relays_password_stays_where_it_is(db: Database, settings: Settings, target: Path) -> None:
    password = settings.secrets / "smtp"
    password.write_text("a password")
    smtp = dataclasses.replace(settings.smtp, password_file=password)
    configured = dataclasses.replace(settings, smtp=smtp)
    assert "secrets/smtp" not in members(target, written(db, configured, target))


def test_it_is_for_its_owner_alone_and_nothing_else_is_left(db: Database, settings: Settings, target: Path) -> None:
    written(db, settings, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert os.listdir(target.parent) == [target.name]  # noqa: PTH208


def test_no_word_is_to_be_read_in_it(db: Database, settings: Settings, target: Path) -> None:
    store(db)
    written(db, settings, target)
    assert b"7K4-92Q-MX3" not in target.read_bytes()
    assert b"SQLite format" not in target.read_bytes()


def test_after_init_the_recovery_key_opens_it(db: Database, settings: Settings, target: Path) -> None:
    private = X25519PrivateKey.generate()
    with immediate(db):
        recovery.add(db, private.public_key().public_bytes_raw(), backup_signing.public_key(settings.secrets), NOON)
    assert written(db, settings, target).private is None
    assert "kiosk.db" in members(target, backup.BackupKey(b"", private))
    assert not (settings.secrets / backup.KEY_FILE).exists()


def test_a_file_that_is_there_already_stays_unless_asked(db: Database, settings: Settings, target: Path) -> None:
    target.write_text("another")
    with pytest.raises(StoreError, match="--replace"):
        written(db, settings, target)
    assert target.read_text() == "another"
    assert "kiosk.db" in members(target, written(db, settings, target, replace=True))


def test_a_damaged_database_makes_no_backup(db: Database, settings: Settings, target: Path) -> None:
    db.execute("PRAGMA foreign_keys = OFF").fetchall()
    with immediate(db):
        db.execute("INSERT INTO digest_turns (audience_id, next_at) VALUES ('nobody', '')")
    with pytest.raises(StoreError, match="endommagée"):
        written(db, settings, target)
    assert not target.exists()


def test_a_value_written_past_the_kiosk_stops_no_backup(db: Database, settings: Settings, target: Path) -> None:
    """`kiosk check` tells it; without backups one would lose the rest too."""
    db.execute("PRAGMA ignore_check_constraints = ON").fetchall()
    with immediate(db):
        db.execute("UPDATE retention SET id = 2")
    db.execute("PRAGMA ignore_check_constraints = OFF").fetchall()
    assert db.execute("PRAGMA quick_check").fetchone()[0] != "ok"
    written(db, settings, target)
    assert target.exists()


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writes beyond it fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [4096, 300_000])
def test_a_full_disk_of_the_instance_is_told_and_nothing_is_left(
    db: Database, settings: Settings, target: Path, room: int
) -> None:
    key, before = backup.backup_key(db, settings), set(settings.instance.iterdir())
    with file_size_limit(room), pytest.raises(StoreError, match=f"copiée dans {settings.instance} .*libérez"):
        backup.write(settings, target, key, NOON)
    assert os.listdir(target.parent) == []  # noqa: PTH208
    assert set(settings.instance.iterdir()) == before


def test_a_copy_that_would_fill_the_disk_is_not_begun(
    db: Database, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports need that room."""
    key = backup.backup_key(db, settings)
    usage = shutil.disk_usage(settings.instance)._replace(free=snapshot.RESERVE + 1000)
    monkeypatch.setattr("kiosk.store.instance.snapshot.shutil.disk_usage", lambda _: usage)
    with pytest.raises(StoreError, match="il manque 1 Mo"):
        backup.write(settings, target, key, NOON)
    assert list(settings.instance.glob(".copy-*")) == []


@pytest.mark.parametrize("beyond", [-1, 0, 2000])
def test_a_target_without_room_leaves_nothing_behind(
    db: Database, settings: Settings, target: Path, beyond: int
) -> None:
    """Also when the last few bytes alone have no room."""
    key = backup.backup_key(db, settings)
    size = db.execute("PRAGMA page_count").fetchone()[0] * 4096
    with file_size_limit(max(size, size + beyond)), pytest.raises(StoreError, match="ne peut pas être écrit"):
        backup.write(settings, target, key, NOON)
    assert os.listdir(target.parent) == []  # noqa: PTH208
    assert list(settings.instance.glob(".copy-*")) == []


def open_in(folder: Path) -> list[str]:
    """What this process holds open there, also under no name."""
    links = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]  # noqa: PTH115
    return [name for name in links if name.startswith(str(folder))]


def test_no_plain_copy_is_made_where_the_backup_goes(
    db: Database, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = snapshot._copy, list[str]()

    def copied(*arguments: Any) -> None:
        real(*arguments)
        seen.extend([*open_in(target.parent), *os.listdir(target.parent)])  # noqa: PTH208
        assert any(".copy-" in name for name in open_in(settings.instance))

    monkeypatch.setattr(snapshot, "_copy", copied)
    written(db, settings, target)
    assert seen == []
    assert list(settings.instance.glob(".copy-*")) == []


def test_the_copy_of_a_killed_backup_is_removed_by_the_next_start_and_no_other(
    db: Database, settings: Settings
) -> None:
    left = settings.instance / f"{snapshot.PREFIX}killed"
    left.write_bytes(b"SQLite format 3")
    with snapshot.taken(settings) as under_way:
        start.prepare(settings, NOON).close()
        assert not left.exists()
        assert os.fstat(under_way.file.fileno()).st_nlink == 1
    assert list(settings.instance.glob(".copy-*")) == []


def test_a_start_that_takes_a_new_copy_for_a_left_one_does_no_harm(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of the file and its lock."""
    real = tempfile.mkstemp

    def taken_away(**options: Any) -> tuple[int, str]:
        made = real(**options)
        monkeypatch.setattr(tempfile, "mkstemp", real)
        snapshot.remove_left(settings)
        return made

    monkeypatch.setattr(tempfile, "mkstemp", taken_away)
    with snapshot.taken(settings) as under_way:
        assert os.fstat(under_way.file.fileno()).st_nlink == 1


def test_what_the_paper_says_opens_a_backup_without_a_kiosk(
    db: Database, settings: Settings, target: Path, tmp_path: Path
) -> None:
    store(db)
    shown: list[str] = []
    assert split_keys(db, settings, shown.append, NOON)
    written(db, settings, target)
    (identity,) = re.findall(r"^AGE-SECRET-KEY-1\w+$", shown[0], re.MULTILINE)
    plain = pyrage.decrypt(target.read_bytes(), [pyrage.x25519.Identity.from_str(identity)])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        copy = tar.extractfile("kiosk.db")
        assert copy
        assert rows(copy.read(), tmp_path) == [("7K4-92Q-MX3",)]


def test_a_disk_that_gives_back_something_else_is_noticed(
    db: Database, settings: Settings, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.store.instance.backup_file._digest_from_here", lambda _: "of what was read before")
    with pytest.raises(StoreError, match="ne correspond pas"):
        written(db, settings, target)
    assert os.listdir(target.parent) == []  # noqa: PTH208


def test_reports_come_in_meanwhile_and_the_copy_is_one_moments(
    db: Database, settings: Settings, target: Path, tmp_path: Path
) -> None:
    stop = threading.Event()
    stored: list[str] = []

    def submit() -> None:
        with open_database(settings.database) as own:
            while not stop.is_set():
                reference = f"000-000-{len(stored):03d}"
                store(own, reference=reference)
                stored.append(reference)

    visitor = threading.Thread(target=submit)
    visitor.start()
    try:
        while len(stored) < 20:
            stop.wait(0.01)
        before = len(stored)
        found = members(target, written(db, settings, target))
        after = len(stored)
    finally:
        stop.set()
        visitor.join()
    copied = [reference for (reference,) in rows(found["kiosk.db"], tmp_path)]
    assert sorted(copied) == stored[: len(copied)], "a report in the copy has all before it"
    assert before <= len(copied) <= after
    assert after > before, "reports were taken while the backup was written"


@pytest.fixture
def old(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An instance with a report in it, and the next version of the program."""
    with start.prepare(settings, NOON) as db:
        store(db)
    with_later_migration(tmp_path, ADDS, monkeypatch)
    return settings


def test_a_migration_begins_with_a_verified_backup(old: Settings, tmp_path: Path) -> None:
    with start.prepare(old, NOON):
        (path,) = backup.folder_of(old).iterdir()
    assert path.name == "before-0002_later-20261120T120000.backup"
    key = backup.BackupKey(b"", age_keys.from_identity((old.secrets / backup.KEY_FILE).read_text()))
    assert rows(members(path, key)["kiosk.db"], tmp_path) == [("7K4-92Q-MX3",)]


def test_without_one_nothing_is_migrated(old: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("kiosk.store.instance.start.backup.write", full)
        with pytest.raises(StoreError, match="no room"):
            start.prepare(old, NOON)
    with open_database(old.database) as db:
        assert "colour" not in {column.name for column in db["deliveries"].columns}
    start.prepare(old, NOON).close()


def test_a_start_without_a_migration_writes_none(settings: Settings) -> None:
    for day in range(2):
        start.prepare(settings, NOON + timedelta(days=day)).close()
    assert not backup.folder_of(settings).exists()


def test_what_opens_unprotected_copies_can_be_forgotten(old: Settings) -> None:
    start.prepare(old, NOON).close()
    backup.forget_unprotected(old)
    assert not list(backup.folder_of(old).iterdir())
    assert not (old.secrets / backup.KEY_FILE).exists()
    backup.forget_unprotected(old)


def test_init_leaves_no_copy_that_holds_a_key_whole(db: Database, settings: Settings) -> None:
    folder = backup.folder_of(settings)
    folder.mkdir()
    written(db, settings, folder / "before.backup")
    assert split_keys(db, settings, lambda _: None, NOON)
    assert backup.backup_key(db, settings).private is None
    assert not list(folder.iterdir())
    assert not (settings.secrets / backup.KEY_FILE).exists()
