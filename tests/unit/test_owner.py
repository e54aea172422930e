"""Commands act as the owner of the instance: none leaves a file that the service cannot use."""

import errno
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.instance import owner, start
from kiosk.store.instance.backup import backup_key
from tests import commands
from tests.build import NOON
from tests.smtp.certificates import Authority

SERVICE = 65_534  # nobody: an id that every system has
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else: not tried")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the service may pass through, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def instance(folder: Path) -> Path:
    settings = Settings(instance=folder / "instance")
    start.prepare(settings, NOON).close()
    for path in (settings.instance, *settings.instance.rglob("*")):
        os.chown(path, SERVICE, SERVICE)
    return settings.instance


def by_root(name: str, instance: Path, folder: Path) -> int:
    """In a process of its own, which cannot take its ids back; the modules are loaded, wherever Python lies."""
    child = os.fork()
    if not child:
        done = commands.invoke(name, instance, folder)
        sys.stderr.write(done.output)
        os._exit(done.exit_code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


@as_root
def test_root_acts_as_the_service_inside_and_as_itself_outside(instance: Path, folder: Path) -> None:
    """The night's backup of root goes to a folder of root, and comes back from there."""
    safe, warm = folder / "root", folder / "warm"
    safe.mkdir(mode=0o700)
    start.prepare(Settings(instance=warm), NOON).close()
    for name in ("init", "backup", "check", "queue", "forward"):
        commands.invoke(name, warm, folder)
        assert by_root(name, instance, safe) in (0, 1), name
        assert owners(instance) == {SERVICE}, name
    assert owners(safe) == {0}
    assert (safe / "x.backup").stat().st_size > 100_000
    assert [path.name for path in safe.iterdir()] == ["x.backup"], "nothing unnamed is left"


@as_root
def test_a_new_demonstration_belongs_to_whom_the_real_kiosk_belongs(instance: Path) -> None:
    settings = Settings(instance=instance / "demo", demo=True)
    child = os.fork()
    if not child:  # this process must keep its own ids
        start.prepare(settings, NOON).close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert owners(instance) == {SERVICE}


@as_root
def test_a_configuration_of_nginx_in_the_instance_is_the_services_too(instance: Path, folder: Path) -> None:
    Authority(folder, "authority").certify_names("doors", "borne.example", "console.example")
    inside = instance / "nginx"
    inside.mkdir()
    os.chown(inside, SERVICE, SERVICE)
    for name in ("doors.pem", "doors.key"):
        (folder / name).rename(inside / name)
        os.chown(inside / name, SERVICE, SERVICE)
    assert by_root("deploy", instance, inside) == 0
    assert owners(instance) == {SERVICE}


@as_root
def test_serving_gives_root_up_for_good(instance: Path) -> None:
    child = os.fork()
    if not child:
        with start.in_use(Settings(instance=instance)):
            os._exit(int(os.getresuid() != (SERVICE, SERVICE, SERVICE) or os.getgroups() not in ([], [SERVICE])))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_another_user_is_refused_and_told_whose_it_is(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(StoreError, match="vous êtes l'utilisateur 54321") as error:
        start.open_instance(settings, NOON)
    assert str(settings.instance) in str(error.value)


def test_a_root_without_the_right_to_act_as_the_owner_is_refused(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that takes this right from it."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(owner, "_take_groups", refused)
    monkeypatch.setattr(os, "seteuid", lambda _: None)
    with pytest.raises(StoreError, match="lancez-la sous ce compte"):
        owner._take_ids(SERVICE, SERVICE, for_good=False)


def test_a_file_of_somebody_else_is_found(
    db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = owner._owner_of
    monkeypatch.setattr(owner, "_owner_of", lambda path: 54_321 if path.name == "site-siege.key" else real(path))
    done = commands.invoke("check", settings.instance, tmp_path)
    assert f"{settings.secrets}/site-siege.key" in done.stdout
    monkeypatch.setattr(owner, "_owner_of", real)
    assert "n'appartient pas" not in commands.invoke("check", settings.instance, tmp_path).stdout


def test_a_check_without_a_database_says_so_and_the_rest(db: Database, settings: Settings, tmp_path: Path) -> None:
    settings.database.write_bytes(b"garbage" * 1000)
    done = commands.invoke("check --json", settings.instance, tmp_path)
    codes = [each["code"] for each in json.loads(done.stdout)["problems"]]
    assert (done.exit_code, codes[0]) == (1, "database")
    assert "audience_telephone" in codes


def unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file of root is for the service."""

    def refused(self: Path, *arguments: Any, real: Callable[..., Any], **options: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(self, *arguments, **options)

    for name in ("open", "read_bytes", "read_text"):
        monkeypatch.setattr(Path, name, partialmethod(refused, real=getattr(Path, name)))


@pytest.mark.parametrize("name", ["init", "backup", "check"])
@pytest.mark.parametrize("file", ["secrets/site-siege.key", "secrets/backup.key", "secrets/backup-signing.key"])
def test_a_file_that_the_service_may_not_read_is_named_and_not_called_missing(
    name: str, file: str, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_key(db, settings)
    unreadable(settings.instance / file, monkeypatch)
    done = commands.invoke(name, settings.instance, tmp_path)
    assert done.exit_code in (0, 1, 2)
    assert f"{file} manque" not in done.output
    if (name, file) in {("init", "secrets/site-siege.key"), ("backup", file)}:
        assert (done.exit_code, file in done.stderr) == (2, True)
        assert "clé de secours de cette borne" not in done.stdout, "no paper of a key that will not be valid"
