"""What can go wrong around a backup: two at once, files elsewhere, another program's database, readers in the way."""

import dataclasses
import errno
import os
import re
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from kiosk.cli import commands
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base.connection import open_database
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.instance import backup, backup_file, backup_target, start
from kiosk.store.keys import backup_signing
from kiosk.watch.check import backup_troubles
from tests.build import NOON, store


def test_another_backup_to_the_same_name_spoils_none(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, target = backup.backup_key(db, settings), tmp_path / "x.backup"
    real = backup._read_back

    def meanwhile(file: object, once: object) -> None:
        real(file, once)  # type: ignore[arg-type]
        monkeypatch.setattr(backup, "_read_back", real)
        backup.write(settings, target, key, NOON, replace=True)

    monkeypatch.setattr(backup, "_read_back", meanwhile)
    backup.write(settings, target, key, NOON, replace=True)
    assert key.private
    with target.open("rb") as file, backup_file.reading(file, key.private) as (_, found):
        assert [name for name, content in found if content.read()]
    assert sorted(os.listdir(tmp_path)) == ["instance", "x.backup"]  # noqa: PTH208


@pytest.mark.parametrize("links", [True, False])
def test_what_comes_to_the_name_meanwhile_is_not_overwritten(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    key, target = backup.backup_key(db, settings), tmp_path / "x.backup"
    real = backup._read_back

    def meanwhile(file: object, once: object) -> None:
        real(file, once)  # type: ignore[arg-type]
        target.write_text("somebody else's")

    def refused(self: Path, _: Path) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(backup, "_read_back", meanwhile)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refused)
    with pytest.raises(StoreError, match="existe déjà"):
        backup.write(settings, target, key, NOON)
    assert target.read_text() == "somebody else's"


UNKNOWN_TO_SHARES = [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL, errno.EACCES, errno.EXDEV]


@pytest.mark.parametrize("number", UNKNOWN_TO_SHARES)
def test_a_share_without_hard_links_gets_its_backup_all_the_same(
    number: int, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, _: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refused)
    backup.write(settings, tmp_path / "x.backup", backup.backup_key(db, settings), NOON)
    assert (tmp_path / "x.backup").stat().st_size > 100_000
    assert sorted(os.listdir(tmp_path)) == ["instance", "x.backup"]  # noqa: PTH208


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES])
def test_a_share_that_knows_no_sync_gets_its_backup_all_the_same(
    number: int, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = backup.backup_key(db, settings)
    real = os.fsync

    def refused(descriptor: int) -> None:
        if (tmp_path / "instance") not in Path(f"/proc/self/fd/{descriptor}").resolve().parents:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", refused)
    backup.write(settings, tmp_path / "x.backup", key, NOON, replace=True)
    assert (tmp_path / "x.backup").stat().st_size > 100_000


def test_a_link_whose_answer_was_lost_is_the_backup(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over NFS: the repeated request finds the name that the first one made."""
    real = Path.hardlink_to

    def lost(self: Path, target: Path) -> None:
        real(self, target)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(Path, "hardlink_to", lost)
    backup.write(settings, tmp_path / "x.backup", backup.backup_key(db, settings), NOON)
    assert sorted(os.listdir(tmp_path)) == ["instance", "x.backup"]  # noqa: PTH208


def test_a_complete_backup_is_never_said_to_have_changed_nothing(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when the disk fails behind its name, nor when the other name cannot be removed."""
    key = backup.backup_key(db, settings)

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(backup_target, "sync_folder", fails)
        with pytest.raises(StoreError, match="est complet et relu") as error:
            backup.write(settings, tmp_path / "x.backup", key, NOON)
    assert "Rien n'a été modifié" not in str(error.value)
    real = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path: fails() if path.suffix == ".partial" else real(path))
    assert backup.write(settings, tmp_path / "y.backup", key, NOON).size > 100_000


def test_files_of_the_instance_come_along_and_those_elsewhere_are_named(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (settings.instance / "ca.pem").write_text("x")
    (tmp_path / "mssi.pem").write_text("x")
    smtp = dataclasses.replace(settings.smtp, ca_file=settings.instance / "ca.pem", password_file=tmp_path / "word")
    mssi = dataclasses.replace(settings.audiences[0], certificate=tmp_path / "mssi.pem")
    told = dataclasses.replace(settings, smtp=smtp, audiences=(mssi,))
    written = backup.write(told, tmp_path / "x.backup", backup.backup_key(db, told), NOON)
    assert "ca.pem" in written.files
    assert backup.left_out(told) == ["audiences.mssi.certificate", "smtp.password_file"]


def test_another_programs_database_is_left_alone(settings: Settings) -> None:
    settings.instance.mkdir()
    with sqlite3.connect(settings.database) as other:
        other.execute("CREATE TABLE reports (x)")
    other.close()
    with pytest.raises(StoreError, match="n'appartient pas"):
        start.prepare(settings, NOON)
    assert not (settings.secrets / backup.KEY_FILE).exists()


def test_whoever_reads_for_long_keeps_nobody_from_writing(db: Database, settings: Settings) -> None:
    """A backup reads for seconds; the eraser wants to cut the log meanwhile, and must not wait for it."""
    store(db)
    with (
        open_database(settings.database) as reader,
        open_database(settings.database, any_thread=True) as eraser,
    ):
        reader.conn.execute("BEGIN")
        reader.execute("SELECT count(*) FROM reports").fetchone()
        store(db, reference="000-000-002")
        said: list[bool] = []
        cutting = threading.Thread(target=lambda: said.append(overwrite_log(eraser)))
        cutting.start()
        cutting.join(5)
        assert said == [False], "it gave up at once"
        reader.conn.rollback()
        assert overwrite_log(eraser)


def run(settings: Settings, *words: str) -> str:
    done = CliRunner().invoke(commands, list(words), env={"KIOSK_INSTANCE": str(settings.instance)})
    assert done.exit_code == 0, done.output
    return str(done.output)


def test_the_key_of_the_instance_opens_what_no_command_can_print_it_for(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    store(db)
    written = backup.write(settings, tmp_path / "x.backup", backup.backup_key(db, settings), NOON)
    db.close()
    key, letters = settings.secrets / backup.KEY_FILE, backup_signing.check_letters(written.signer)
    said = run(
        settings, "restore", str(written.path), "--replace", "--key-file", str(key), "--letters", letters, "--yes"
    )
    assert "Restauré" in said


def test_that_one_was_made_is_traced_and_asked_after(db: Database, settings: Settings, tmp_path: Path) -> None:
    def troubles() -> list[str]:
        return [each.sentence for each in backup_troubles(db, NOON + timedelta(days=9))]

    assert troubles() == ["Aucune sauvegarde n'a encore été faite."]
    written = backup.write(settings, tmp_path / "x.backup", backup.backup_key(db, settings), NOON)
    backup.record(db, written, NOON)
    assert troubles() == ["La dernière sauvegarde est trop ancienne : 9 jours."]
    backup.record(db, written, NOON + timedelta(days=2))
    assert troubles() == []


def test_the_command_prints_the_key_that_opens_it(db: Database, settings: Settings, tmp_path: Path) -> None:
    said = run(settings, "backup", str(tmp_path / "x.backup"))
    typed = "\n".join(said.splitlines()[-4:])
    paper = tmp_path / "paper"
    paper.write_text(typed)
    letters = re.findall(r"^\w{5}-\w{5}-\w{4} \w{5}-\w{5}-\w{4}$", said, re.MULTILINE)[0]
    words = ["--replace", "--key-file", str(paper), "--letters", letters, "--yes"]
    assert "Restauré" in run(settings, "restore", str(tmp_path / "x.backup"), *words)


def test_a_key_file_that_cannot_be_read_is_said(settings: Settings, tmp_path: Path) -> None:
    where = ["restore", str(tmp_path / "x.backup"), "--key-file", str(tmp_path / "nowhere"), "--yes"]
    done = CliRunner().invoke(commands, where, env={"KIOSK_INSTANCE": str(settings.instance)})
    assert done.exit_code == 2
    assert "ne peut pas être lu" in done.output
