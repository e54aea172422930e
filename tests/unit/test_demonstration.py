"""A demonstration is an instance of its own, marked when it is made: neither takes the other's place."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from kiosk.cli import commands
from kiosk.commands.restore import restore_from
from kiosk.config import Settings, load_settings
from kiosk.config.demonstration import is_marked
from kiosk.domain.troubles.setup import DEMONSTRATION
from kiosk.errors import StoreError
from kiosk.store.instance import start
from kiosk.watch.check import find_troubles
from tests.build import NOON, store
from tests.processes import free_port
from tests.unit.test_restore import Saved, agreed
from tests.unit.test_restore import a_backup as backup_of

RELAY = {"KIOSK_SMTP__HOST": "127.0.0.1", "KIOSK_SMTP__PORT": "9"}
TOML = (
    '[organisation]\nname = "Vraie"\n[smtp]\nhost = "relais.invalid"\n[[audiences]]\nid = "manager"\nrole = "manager"\n'
)

Kiosk = Callable[..., Result]


@pytest.fixture
def real(tmp_path: Path) -> Settings:
    """A real instance that is configured and has been started."""
    instance = tmp_path / "instance"
    instance.mkdir()
    (instance / "kiosk.toml").write_text(TOML, encoding="utf-8")
    settings = load_settings({"KIOSK_INSTANCE": str(instance)})
    start.prepare(settings, NOON).close()
    return settings


@pytest.fixture
def demonstration(real: Settings) -> Settings:
    """Made as `kiosk run --demo` makes it."""
    settings = load_settings({"KIOSK_INSTANCE": str(real.instance)}, demo=True)
    with start.prepare(settings, NOON) as db:
        store(db)
    return settings


def looked_up(settings: Settings) -> Settings:
    """As a command finds them that is given the instance's folder."""
    return load_settings({"KIOSK_INSTANCE": str(settings.instance)})


@pytest.fixture
def kiosk(monkeypatch: pytest.MonkeyPatch) -> Kiosk:
    def run(settings: Settings | Path, *arguments: str) -> Result:
        instance = settings if isinstance(settings, Path) else settings.instance
        for name, value in {"KIOSK_INSTANCE": str(instance), **RELAY}.items():
            monkeypatch.setenv(name, value)
        for what in ("run._open_doors", "forward._forward_until_stopped", "forward._forward_once"):
            monkeypatch.setattr(f"kiosk.commands.{what}", begun)
        free = (option for door in ("public", "staff") for option in (f"--{door}", f"127.0.0.1:{free_port()}"))
        return CliRunner().invoke(commands, [*arguments, *(free if arguments[0] == "run" else ())])

    return run


def begun(*_: object, **__: object) -> None:
    raise AssertionError("it was not refused")


def refused(result: Result, *words: str) -> None:
    """With one sentence that says all of this."""
    assert result.exit_code == 2, result.output
    assert all(word in result.output for word in words), result.output
    assert len(result.output.strip().splitlines()) == 1


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_it_has_a_folder_of_its_own_and_the_settings_of_the_real_one(real: Settings, demonstration: Settings) -> None:
    assert demonstration.instance == real.instance / "demo"
    assert demonstration.demo_mailbox == real.instance / "demo" / "mailbox"
    assert demonstration.organisation.name == "Vraie"
    assert (real.instance / "demo" / "secrets" / "site-siege.key").exists()
    assert files(real.secrets).isdisjoint(files(demonstration.secrets))


def test_nobody_lacks_an_address_or_a_number_and_there_is_no_relay(real: Settings, demonstration: Settings) -> None:
    assert real.smtp.host == "relais.invalid"
    assert demonstration.smtp.host == ""
    assert all(audience.address for audience in demonstration.audiences)
    manager = next(each for each in demonstration.audiences if each.id == "manager")
    assert (manager.address, manager.telephone) == ("manager@demonstration.invalid", "04 65 71 00 01")


def test_paths_of_the_settings_count_from_the_real_instance(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text('[organisation]\nlogo = "logo.svg"\n')
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    settings = load_settings({"KIOSK_INSTANCE": str(tmp_path)}, demo=True)
    assert settings.logo == tmp_path / "logo.svg"
    assert settings.keyboards == tmp_path / "keyboards"


def test_the_mark_is_on_disk_as_soon_as_the_database_is_made(real: Settings, demonstration: Settings) -> None:
    (real.instance / "demo").rename(real.instance / "earlier")
    with start.prepare(demonstration, NOON):
        assert is_marked(demonstration.database)
    assert not is_marked(real.database)
    assert not is_marked(real.instance / "nothing.db")


def test_a_start_that_broke_off_before_the_mark_is_finished_by_the_next(real: Settings) -> None:
    settings = load_settings({"KIOSK_INSTANCE": str(real.instance)}, demo=True)
    settings.instance.mkdir()
    settings.database.touch(mode=0o600)
    start.prepare(settings, NOON).close()
    assert is_marked(settings.database)


def test_a_command_finds_the_mark_and_the_settings_one_level_up(demonstration: Settings) -> None:
    assert looked_up(demonstration) == demonstration
    assert load_settings({"KIOSK_INSTANCE": str(demonstration.instance)}, demo=True) == demonstration


def test_without_a_real_instance_one_level_up_the_defaults_serve(demonstration: Settings) -> None:
    (demonstration.home / "kiosk.toml").unlink()
    assert looked_up(demonstration).organisation.name == Settings(instance=demonstration.instance).organisation.name


@pytest.mark.parametrize("command", ["queue", "check", "verify"])
def test_commands_work_on_it(demonstration: Settings, kiosk: Kiosk, command: str) -> None:
    result = kiosk(demonstration, command, "--json")
    assert result.exit_code in (0, 1)
    assert result.output.startswith(("[", "{"))
    assert is_marked(demonstration.database)


def test_its_queue_is_not_the_real_ones(real: Settings, demonstration: Settings, kiosk: Kiosk) -> None:
    assert "7K4-92Q-MX3" in kiosk(demonstration, "queue").output
    assert "7K4-92Q-MX3" not in kiosk(real, "queue").output


@pytest.mark.parametrize("arguments", [("run",), ("forward",), ("forward", "--once"), ("test-mail",)])
def test_what_talks_to_a_relay_refuses_it(demonstration: Settings, kiosk: Kiosk, arguments: tuple[str, ...]) -> None:
    refused(kiosk(demonstration, *arguments), str(demonstration.instance), "kiosk run --demo", "KIOSK_INSTANCE")
    with start.prepare(demonstration, NOON) as db:
        assert db.execute("SELECT state, attempts FROM deliveries").fetchall() == [("queued", 0)]


@pytest.mark.parametrize("arguments", [("run", "--demo"), ("forward", "--demo-sink", "9")])
def test_a_real_database_in_its_place_is_not_served_into_its_mailbox(
    real: Settings, kiosk: Kiosk, arguments: tuple[str, ...]
) -> None:
    place = real.instance / "demo"
    place.mkdir()
    shutil.copy(real.database, place / "kiosk.db")
    refused(kiosk(real, *arguments), str(place), "vraie borne")
    assert not (place / "mailbox").exists()


def test_its_database_in_the_real_ones_place_is_refused(real: Settings, demonstration: Settings) -> None:
    shutil.copy(demonstration.database, real.database)
    with pytest.raises(StoreError, match=f"{real.instance}.*démonstration"):
        start.prepare(real, NOON)


@pytest.mark.parametrize("arguments", [("queue",), ("check",), ("backup", "/nowhere/x"), ("staff", "list"), ("run",)])
def test_no_other_command_makes_one_nor_a_real_instance_in_its_place(
    tmp_path: Path, kiosk: Kiosk, arguments: tuple[str, ...]
) -> None:
    place = tmp_path / "instance" / "demo"
    refused(kiosk(place, *arguments), str(place), "kiosk run --demo")
    assert not place.exists()


@pytest.mark.parametrize("way", ["into the real one", "into the demonstration"])
def test_a_backup_goes_back_to_its_own_kind_alone(
    real: Settings, demonstration: Settings, tmp_path: Path, way: str
) -> None:
    source, target = (demonstration, real) if way == "into the real one" else (real, demonstration)
    before = target.database.read_bytes()
    saved = a_backup(source, tmp_path)
    with pytest.raises(StoreError, match=f"{target.instance}.*Rien n'a été modifié"):
        restore_from(target, *saved, NOON, agreed, replace=True)
    assert target.database.read_bytes() == before


def test_its_own_backup_can_be_restored(
    demonstration: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_INSTANCE", str(demonstration.instance))
    restore_from(demonstration, *a_backup(demonstration, tmp_path), NOON, agreed, replace=True)
    with start.prepare(looked_up(demonstration), NOON) as db:
        assert db["reports"].count == 1


def a_backup(settings: Settings, folder: Path) -> Saved:
    with start.prepare(settings, NOON) as db:
        return backup_of(db, settings, folder)


def test_check_says_that_it_is_there_and_nothing_once_it_is_gone(
    real: Settings, demonstration: Settings, kiosk: Kiosk
) -> None:
    def told(settings: Settings) -> list[str]:
        with start.prepare(settings, NOON) as db:
            found = find_troubles(db, settings, NOON)
        return [f"{each.trouble.colour}: {each.detail}" for each in found if each.trouble is DEMONSTRATION]

    assert told(real) == [f"amber: {demonstration.instance}"]
    assert told(demonstration) == []
    kiosk(real, "demo", "clear")
    assert told(real) == []


def test_clear_removes_it_and_touches_nothing_of_the_real_one(
    real: Settings, demonstration: Settings, kiosk: Kiosk
) -> None:
    before = {path: path.read_bytes() for path in files(real.instance) - files(demonstration.instance)}
    demonstration.demo_mailbox.mkdir()
    (demonstration.demo_mailbox / "0001.eml").write_bytes(b"x")
    result = kiosk(real, "demo", "clear")
    assert result.exit_code == 0
    assert str(demonstration.instance) in result.output
    assert "1 courriel" in result.output
    assert not demonstration.instance.exists()
    assert {path: path.read_bytes() for path in files(real.instance)} == before


def test_clear_refuses_while_it_runs(real: Settings, demonstration: Settings, kiosk: Kiosk) -> None:
    with start.in_use(demonstration):
        before = files(demonstration.instance)
        assert kiosk(real, "demo", "clear").exit_code == 2
    assert files(demonstration.instance) == before


def test_clear_goes_on_where_the_last_one_was_killed(
    real: Settings, demonstration: Settings, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def killed(path: Path) -> None:
        if path.name == "secrets":
            raise KilledError
        path.unlink()

    listed = sorted(demonstration.instance.iterdir(), key=lambda path: path != demonstration.database)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", lambda folder: iter(listed))
        patch.setattr("kiosk.store.instance.mark._remove", killed)
        with pytest.raises(KilledError):
            kiosk(real, "demo", "clear")
    assert kiosk(real, "demo", "clear").exit_code == 0
    assert not demonstration.instance.exists()


def test_clear_refuses_a_real_database(real: Settings, kiosk: Kiosk) -> None:
    place = real.instance / "demo"
    place.mkdir()
    shutil.copy(real.database, place / "kiosk.db")
    refused(kiosk(real, "demo", "clear"), str(place), "rien n'a été supprimé")
    assert (place / "kiosk.db").exists()


def test_clear_where_there_is_none_makes_none(real: Settings, kiosk: Kiosk) -> None:
    refused(kiosk(real, "demo", "clear"), str(real.instance / "demo"), "Il n'y a pas de démonstration")
    assert not (real.instance / "demo").exists()


def test_a_database_without_a_mark_that_holds_something_is_nobodys(db: Database, settings: Settings) -> None:
    db.execute("PRAGMA application_id = 0").fetchall()
    for demo in (False, True):
        with pytest.raises(StoreError, match="n'appartient pas"):
            start.prepare(replace(settings, demo=demo), NOON)
