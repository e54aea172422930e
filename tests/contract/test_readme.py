"""The README and the register of processing tell the truth about every setting, default and command."""

import dataclasses
import re
import typing
from datetime import time
from operator import attrgetter
from pathlib import Path

import click
import pytest

from kiosk.cli import COMMANDS as LISTED
from kiosk.cli import commands
from kiosk.config import Retention, Role, Security, Settings
from kiosk.config.audiences import MSSI_ADDRESS

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {name: commands.get_command(click.Context(commands), name) for name in LISTED}
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


DEFAULTS = Settings(instance=Path("instance"))
NAMES = [name for name in settings_by_name(Settings) if name not in ("instance", "demo")]
TABLE = README.partition("| setting | default | meaning |\n")[2].partition("\n\n")[0]
ROLES = {Role.MSSI: "MSSI", Role.DPO: "DPO"}


def defaults_in_the_table() -> dict[str, str]:
    """The README's words by setting; a row of several settings names their defaults in their order, or one for all."""
    told = {}
    for row in TABLE.splitlines()[1:]:
        names, default, _ = row.removeprefix("| ").split(" | ", 2)
        settings = re.findall(r"`([\w.]+)`", names)
        defaults = default.replace("`", "")
        parts = defaults.split(", ") if len(settings) > 1 else [defaults]
        told |= dict(zip(settings, parts if len(parts) > 1 else parts * len(settings), strict=True))
    return told


def in_words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return value.strftime("%H:%M") if isinstance(value, time) else str("none" if value in (None, "") else value)


def in_other_words() -> dict[str, str]:
    """Defaults that a word says better than their value."""
    (site,) = DEFAULTS.sites
    roles = [audience.role for audience in DEFAULTS.audiences]
    services = {2: "two services"}[roles.count(Role.SERVICE)]
    first, *_, last = DEFAULTS.duty.calendar.days
    ports = [str(security.default_port) for security in Security]
    return {
        "terminal": "the first terminal of the first site",
        "sites": f"one site, « {site.name} »",
        "audiences": ", ".join([ROLES.get(role, role) for role in roles if role != Role.SERVICE] + [services]),
        "mail.sender": {MSSI_ADDRESS: "the MSSI's address"}[DEFAULTS.mail.sender],
        "mail.bounce": {MSSI_ADDRESS: "the MSSI's address"}[DEFAULTS.mail.bounce],
        "smtp.port": f"{ports[0]}, {ports[1]} or {ports[2]}, by security",
        "smtp.ca_file": "the system's",
        "duty.calendar.days": f"{first.title()} to {last.title()}",
    }


def test_every_setting_is_in_the_table() -> None:
    assert len(NAMES) > 40
    assert set(defaults_in_the_table()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_default_in_the_table_is_the_default(name: str) -> None:
    told = defaults_in_the_table()[name].partition(": ")[0]
    assert told == (in_other_words().get(name) or in_words(attrgetter(name)(DEFAULTS)))


REGISTER = (ROOT / "docs" / "registre.md").read_text(encoding="utf-8")
PERIOD = re.compile(r"(\d+) (jours?|mois|ans?)\b")
UNITS = {"jour": 1, "jours": 1, "mois": 1, "an": 365, "ans": 365}  # trace_months counts months, the others days


def test_every_period_of_the_register_is_the_default() -> None:
    told: dict[str, int] = {}
    for row in REGISTER.splitlines():
        if found := re.search(r"`retention\.([\w.]+)(\.\*)?`", row):
            names = [f"{found[1]}.contact", f"{found[1]}.content"] if found[2] else [found[1]]
            periods = [int(number) * UNITS[unit] for number, unit in PERIOD.findall(row.split(" | ")[1])]
            told |= dict(zip(names, periods, strict=True))
    periods = set(settings_by_name(Retention)) - {"kinds", "notice"}
    assert told == {name: attrgetter(name)(Retention()) for name in periods}


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
