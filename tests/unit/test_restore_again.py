"""What a restore leaves behind and odd paths in the settings: the next backup can be restored as well."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.ops.restore import Outcome, restore
from kiosk.store import backup, start
from tests.build import NOON, store
from tests.unit.test_restore import LATER, a_backup, elsewhere, references

Saved = tuple[Path, X25519PrivateKey]
Restore = Callable[..., Outcome]


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Restore:
    def onto(settings: Settings, saved: Saved, *, replace: bool = False) -> Outcome:
        monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
        return restore(settings, *saved, LATER, replace=replace)

    return onto


def test_a_kiosk_that_was_restored_can_be_backed_up_and_restored_again(
    db: Database, settings: Settings, tmp_path: Path, restored: Restore
) -> None:
    store(db)
    first = a_backup(db, settings, tmp_path)
    db.close()
    restored(settings, first, replace=True)
    assert list(settings.secrets.glob("*.before-*"))
    first[0].unlink()
    with start.prepare(settings, LATER) as again:
        second = a_backup(again, settings, tmp_path)
    new = elsewhere(settings, tmp_path)
    restored(new, second)
    assert references(new) == references(settings)
    assert not list(new.secrets.glob("*.before-*")), "what one restore put aside is no part of the kiosk"


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
