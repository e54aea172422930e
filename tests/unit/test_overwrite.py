"""A file's bytes are zeros before its name is gone: seen through a second descriptor, as a raw disk would show them."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.base import log_erasure, overwrite
from kiosk.store.base.connection import open_database
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.base.overwrite import BLOCK, ERASING, finish_removals, remove, remove_tree
from kiosk.store.instance import start
from kiosk.store.reports import submissions
from tests.build import NOON, a_delivery, a_new_report, received, store

SECRET = b"MARKER-7731 " * 9


def submit(db: Database) -> None:
    submissions.submit(db, a_new_report(), [a_delivery(body=SECRET * 1000)], [received()], NOON)


@pytest.mark.parametrize("length", [1, len(SECRET), 2 * BLOCK + 5])
def test_a_removed_file_is_zeros_to_its_end(tmp_path: Path, length: int) -> None:
    path = tmp_path / "site-siege.key"
    path.write_bytes((SECRET * (length // len(SECRET) + 1))[:length])
    with path.open("rb") as witness:
        remove(path)
        assert witness.read() == bytes(length)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_no_error_and_a_link_leaves_its_target(tmp_path: Path) -> None:
    remove(tmp_path / "missing")
    target, link, copy = tmp_path / "target", tmp_path / "link", tmp_path / "copy"
    target.write_bytes(SECRET)
    link.symlink_to(target)
    copy.hardlink_to(target)
    remove(link)
    remove(copy)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("target", SECRET)]


def test_a_folder_goes_with_all_its_files_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "restoring"
    (folder / "secrets").mkdir(parents=True)
    (folder / "nowhere").symlink_to("missing")
    paths = (folder / "kiosk.db", folder / "secrets" / "site-siege.key")
    for path in paths:
        path.write_bytes(SECRET)
    witnesses = [os.open(path, os.O_RDONLY) for path in paths]
    remove_tree(folder)
    assert [os.read(witness, 1000) for witness in witnesses] == [bytes(len(SECRET))] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_half_overwritten_key_is_not_taken_for_a_key_and_the_next_start_removes_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    start.prepare(settings, clock.now()).close()
    path = settings.secrets / "site-siege.key"

    def power_cut(descriptor: int) -> None:
        os.pwrite(descriptor, bytes(5), 0)
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(overwrite, "overwrite", power_cut)
        with pytest.raises(KeyboardInterrupt):
            remove(path)
    left = {each.name for each in settings.secrets.iterdir()}
    assert left == {path.name + ERASING, "backup-signing.key", "follow-up.key"}
    with (settings.secrets / (path.name + ERASING)).open("rb") as witness:
        finish_removals(settings.instance)
        assert witness.read(1), "somebody has it open: not ours to remove"
    start.prepare(settings, clock.now()).close()
    assert not list(settings.instance.rglob(f"*{ERASING}"))


@pytest.mark.parametrize("in_use", [False, True], ids=["closed", "in use"])
def test_the_log_that_sqlite_unlinked_is_overwritten_by_the_next_open_unless_somebody_uses_it(
    settings: Settings, in_use: bool
) -> None:
    """``in_use``: its name was deleted by hand while a kiosk ran."""
    witness, wal = settings.instance / "witness", Path(f"{settings.database}-wal")
    with start.prepare(settings, clock.now()) as db:
        submit(db)
        witness.hardlink_to(wal)
    assert not wal.exists()
    assert SECRET in witness.read_bytes()
    user = witness.open("rb") if in_use else nullcontext()
    with user, open_database(settings.database):
        assert (SECRET in witness.read_bytes()) == in_use
        assert Path(f"{wal}.held").samefile(wal)


def test_a_folder_that_takes_no_second_name_does_not_stop_the_kiosk(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    Path(f"{settings.database}-wal.held").unlink()
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with open_database(settings.database) as other:
        assert other["reports"].count == 0
    assert "No space left" in caplog.text


def test_commits_beside_the_overwriting_survive_a_crash(db: Database, settings: Settings, tmp_path: Path) -> None:
    for number in range(30):
        store(db, reference=f"000-000-{number:03d}")
    assert overwrite_log(db)
    store(db, reference="000-001-000")
    assert overwrite_log(db)
    after_crash = tmp_path / "after.db"
    shutil.copy(settings.database, after_crash)
    shutil.copy(f"{settings.database}-wal", f"{after_crash}-wal")
    with open_database(after_crash) as found:
        assert found["reports"].count == 31
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_log_that_grew_too_long_is_cut_after_it_was_overwritten(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(db)
    wal = Path(f"{settings.database}-wal")
    monkeypatch.setattr(log_erasure, "LONGEST", wal.stat().st_size - 1)
    with wal.open("rb") as file:
        monkeypatch.setattr(os, "fdatasync", lambda _: witnessed.append(file.read()))
        witnessed: list[bytes] = []
        assert overwrite_log(db)
    assert SECRET not in witnessed[0]
    assert wal.stat().st_size == 0
    store(db, reference="000-000-001")
    assert db["reports"].count == 2


def test_an_overwritten_log_holds_one_page_and_keeps_its_length(db: Database, settings: Settings) -> None:
    submit(db)
    wal = Path(f"{settings.database}-wal")
    length = wal.stat().st_size
    for _ in range(2):  # the second time, nothing but its own page is in the log
        assert overwrite_log(db)
        assert wal.stat().st_size == length
        assert not any(wal.read_bytes()[32 + 24 + 4096 :])
