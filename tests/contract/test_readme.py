"""The README tells the truth about every setting and every command."""

import dataclasses
import typing
from pathlib import Path

import click

from kiosk.cli import MODULES, commands
from kiosk.config import Settings

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {name: commands.get_command(click.Context(commands), name) for name in MODULES}
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = README.splitlines()


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


def test_every_setting_is_in_the_table() -> None:
    names = [name for name in settings_by_name(Settings) if name not in ("instance", "demo")]
    assert len(names) > 40
    assert [name for name in names if f"`{name}`" not in README] == []


def test_every_command_is_in_the_table_with_its_options() -> None:
    rows = {name: [row for row in ROWS if row.startswith(f"| `kiosk {name}")] for name in COMMANDS}
    assert [name for name, found in rows.items() if not found] == []
    options = [
        (name, parameter.opts[0])
        for name, command in COMMANDS.items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    assert options
    assert [(name, option) for name, option in options if option not in rows[name][0]] == []


def test_every_room_of_the_code_is_in_the_table() -> None:
    rooms = sorted(path.parent.name for path in ROOT.glob("kiosk/*/__init__.py"))
    assert [room for room in rooms if f"| `kiosk/{room}/` |" not in README] == []
