"""The README tells the truth about every setting and every command."""

import dataclasses
import typing
from pathlib import Path

import click
import pytest

from kiosk.cli import commands
from kiosk.config import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_by_name(cls: type, prefix: str = "") -> list[str]:
    names: list[str] = []
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            names += settings_by_name(typing.cast(type, hint), f"{prefix}{field.name}.")
        else:
            names.append(prefix + field.name)
    return names


@pytest.mark.parametrize("name", [name for name in settings_by_name(Settings) if name not in ("instance", "demo")])
def test_every_setting_is_in_the_table(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_is_in_the_table_with_its_options(name: str) -> None:
    command = commands.commands[name]
    assert f"`kiosk {name}" in README
    row = next(line for line in README.splitlines() if line.startswith(f"| `kiosk {name}"))
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.opts[0] in row


@pytest.mark.parametrize("room", sorted(path.parent.name for path in ROOT.glob("kiosk/*/__init__.py")))
def test_every_room_of_the_code_is_in_the_table(room: str) -> None:
    assert f"| `kiosk/{room}/` |" in README
