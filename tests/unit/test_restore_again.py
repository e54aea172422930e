"""What a restore leaves behind, odd settings, failing disks: the next backup can be restored as well."""

import dataclasses
import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.cli import commands
from kiosk.commands.init import split_keys
from kiosk.commands.restore import RestoreOutcome, restore_from
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.instance import backup, backup_file, restore, snapshot, start
from kiosk.store.instance.proof import Proof
from kiosk.store.keys import backup_signing, site_keys
from tests.build import NOON, store
from tests.unit.test_restore import LATER, Saved, a_backup, agreed, elsewhere, references

Restore = Callable[..., RestoreOutcome]


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Restore:
    def onto(settings: Settings, saved: Saved, *, replace: bool = False) -> RestoreOutcome:
        monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
        return restore_from(settings, *saved, LATER, agreed, replace=replace)

    return onto


def test_a_kiosk_that_was_restored_can_be_backed_up_and_restored_again(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    store(db)
    first = with_another_secret(db, settings, tmp_path)
    restored(settings, first, replace=True)
    assert list(settings.secrets.glob("*.before-*"))
    first[0].unlink()
    with start.prepare(settings, LATER) as again:
        second = a_backup(again, settings, tmp_path)
    new = elsewhere(settings, tmp_path)
    restored(new, second)
    assert references(new) == references(settings)
    assert not list(new.secrets.glob("*.before-*")), "what one restore put aside is no part of the kiosk"


def with_another_secret(db: Database, settings: Settings, tmp_path: Path) -> Saved:
    """A backup with a file that is not any more as it was."""
    secret = settings.secrets / "mails.pem"
    secret.write_text("an old one")
    saved = a_backup(db, settings, tmp_path)
    db.close()
    secret.write_text("a new one")
    return saved


def with_certificate(settings: Settings, named: str) -> Settings:
    mssi = dataclasses.replace(settings.audiences[0], certificate=Path(named))
    return dataclasses.replace(settings, audiences=(mssi,))


@pytest.mark.parametrize("named", ["../mssi.pem", "secrets/../../mssi.pem"])
def test_a_path_that_leads_out_of_the_instance_is_named_and_the_backup_can_be_restored(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore, named: str
) -> None:
    (tmp_path / "mssi.pem").write_text("x")
    told = with_certificate(settings, named)
    assert backup.left_out(told) == ["audiences.mssi.certificate"]
    restored(elsewhere(settings, tmp_path), a_backup(db, told, tmp_path))


def test_a_path_that_comes_back_into_the_instance_is_in_the_backup(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    (settings.instance / "mssi.pem").write_text("x")
    told = with_certificate(settings, "secrets/../mssi.pem")
    assert backup.left_out(told) == []
    new = elsewhere(settings, tmp_path)
    restored(new, a_backup(db, told, tmp_path))
    assert (new.instance / "mssi.pem").read_text() == "x"


def test_the_relays_password_stays_by_whatever_path_it_is_named(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (settings.secrets / "relay").write_text("a password")
    smtp = dataclasses.replace(settings.smtp, password_file=settings.instance / "keyboards/../secrets/relay")
    told = dataclasses.replace(settings, smtp=smtp)
    written = backup.write(told, tmp_path / "x.backup", backup.backup_key(db, told), NOON)
    assert "secrets/relay" not in written.files


def test_a_key_file_of_another_kiosk_is_put_aside_also_by_a_backup_without_key_files(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    saved = after_init(db, settings, tmp_path)
    new = elsewhere(settings, tmp_path)
    start.prepare(new, NOON).close()
    for path in new.instance.glob("kiosk.db*"):
        path.unlink()
    file = site_keys.key_file(new.secrets, "siege")
    other = file.read_bytes()
    with pytest.raises(StoreError, match="n'est pas la clé de la sauvegarde"):
        restored(new, saved)
    assert not new.database.exists()
    assert not (new.instance / restore.STAGE).exists(), "no plain copies stay"
    assert file.read_bytes() == other
    restored(new, saved, replace=True)
    assert not file.exists()
    (aside,) = new.secrets.glob("site-siege.key.before-*")
    assert aside.read_bytes() == other, "the database that was put aside is read with it"


def after_init(db: Database, settings: Settings, tmp_path: Path) -> Saved:
    """A backup without key files, as there are none any more once somebody reads; and a key that opens it."""
    store(db)
    assert split_keys(db, settings, lambda _: None, NOON)
    for path in settings.secrets.glob("site-*.key"):
        path.unlink()
    private = X25519PrivateKey.generate()
    key = backup.BackupKey(private.public_key().public_bytes_raw())
    written = backup.write(settings, tmp_path / "x.backup", key, NOON)
    return written.path, private, Proof(backup_signing.check_letters(written.signer))


def test_a_copy_that_the_disk_spoils_is_no_backup(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is whole; what was written of it is not."""
    store(db)
    descriptors = noted(monkeypatch)
    real = snapshot._copy

    def spoiled(*arguments: Any) -> None:
        real(*arguments)
        spoil(descriptors[".copy-"])

    monkeypatch.setattr(snapshot, "_copy", spoiled)
    with pytest.raises(StoreError, match="endommagée"):
        a_backup(db, settings, tmp_path)
    assert not (tmp_path / "x.backup").exists()


def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The descriptors of temporary files, by their prefix: such a file has no name."""
    found: dict[str, int] = {}
    real = tempfile.mkstemp

    def noting(**options: Any) -> tuple[int, str]:
        descriptor, name = real(**options)
        found[options["prefix"]] = descriptor
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", noting)
    return found


def spoil(descriptor: int) -> None:
    """Pages behind the first, as a failing disk may write them."""
    again = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)
    os.pwrite(again, b"\xff" * 40_960, 4096)
    os.close(again)


def test_a_backup_with_a_damaged_database_is_refused_in_a_sentence(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage of the kind at which SQLite gives up checking."""
    store(db)
    real = backup_file.write

    def spoiled(target: Any, key: bytes, signer: Any, files: dict[str, Any], facts: Any) -> X25519PrivateKey:
        spoil(files["kiosk.db"].fileno())
        return real(target, key, signer, files, facts)

    with monkeypatch.context() as patch:
        patch.setattr(backup_file, "write", spoiled)
        saved = a_backup(db, settings, tmp_path)
    new = elsewhere(settings, tmp_path)
    with pytest.raises(StoreError, match="endommagée"):
        restored(new, saved)
    assert not (new.instance / restore.STAGE).exists()
    assert not new.database.exists()


def test_a_key_that_is_the_backups_too_is_not_kept_a_second_time(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    """`kiosk init` would not find the second copy of a key that is in use."""
    private = site_keys.key_file(settings.secrets, "siege").read_bytes()
    saved = a_backup(db, settings, tmp_path)
    db.close()
    restored(settings, saved, replace=True)
    holding = [path.name for path in settings.instance.rglob("*") if path.is_file() and private in path.read_bytes()]
    assert holding == ["site-siege.key"]


def test_two_restores_within_a_second_keep_what_was_there_before_each(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    saved = with_another_secret(db, settings, tmp_path)
    first = restored(settings, saved, replace=True)
    (settings.secrets / "mails.pem").write_text("a newer one")
    second = restored(settings, saved, replace=True)
    assert first.aside
    assert second.aside
    assert first.aside != second.aside
    assert len(list(settings.secrets.glob("*.before-*"))) == 2
    start.prepare(settings, LATER + timedelta(hours=1)).close()


def test_no_restore_begins_while_a_timer_sends_what_is_due(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def sends(*_: Any, **__: Any) -> bool:
        with pytest.raises(StoreError, match="fonctionne") as error, start.alone(settings):
            pass
        refused.append(str(error.value))
        return True

    monkeypatch.setattr("kiosk.commands.forward.forward_once", sends)
    CliRunner().invoke(commands, ["forward", "--once"], env={"KIOSK_INSTANCE": str(settings.instance)})
    assert refused
    with start.alone(settings):
        pass
