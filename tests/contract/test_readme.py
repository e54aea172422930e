"""The documents tell the truth about every setting, default, period, command and room."""

import dataclasses
import re
import typing
from collections.abc import Iterator, Mapping
from datetime import time
from operator import attrgetter
from pathlib import Path

import click
import pytest

from kiosk.cli import COMMANDS as LISTED
from kiosk.cli import commands
from kiosk.config import Audience, Retention, Role, Security, Settings, Site, Terminal
from kiosk.config.audiences import MSSI_ADDRESS
from kiosk.domain.catalogue import KINDS

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {name: commands.get_command(click.Context(commands), name) for name in LISTED}
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def rows_below(head: str, text: str) -> list[str]:
    """The rows of every table with these columns."""
    tables = text.split(f"\n| {head} |\n")[1:]
    return [row for table in tables for row in table.partition("\n\n")[0].splitlines()[1:]]


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
ROLES = {Role.MSSI: "MSSI", Role.DPO: "DPO"}


def defaults_in_the_table() -> dict[str, str]:
    """The words by setting; a row of several settings names their defaults in their order, or one for all."""
    told = {}
    for row in rows_below("setting | default | meaning", SETTINGS):
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


def fields_in_the_table(of: str) -> dict[str, str]:
    rows = (row.split(" | ") for row in rows_below(f"field of {of} | default | meaning", SETTINGS))
    return {name.removeprefix("| `").removesuffix("`"): default for name, default, *_ in rows}


FIELDS_IN_OTHER_WORDS = {
    ("a site", "zones"): "none",
    ("a site", "terminals"): "none",
    ("a site", "calendar"): "that of `[duty.calendar]`",
    ("an audience", "id"): "its `role`",
    ("an audience", "sites"): "all",
    ("an audience", "kinds"): "all",
}


def default_of(field: "dataclasses.Field[object]") -> str:
    if field.default is dataclasses.MISSING:
        return "required"
    return "empty" if field.default == "" else in_words(field.default)


@pytest.mark.parametrize(("of", "cls"), [("a site", Site), ("a terminal", Terminal), ("an audience", Audience)])
def test_every_field_of_an_entry_is_in_its_table_with_its_default(of: str, cls: type) -> None:
    fields = dataclasses.fields(cls)
    told = {field.name: FIELDS_IN_OTHER_WORDS.get((of, field.name)) or default_of(field) for field in fields}
    assert fields_in_the_table(of) == told


def test_every_default_audience_is_in_the_table() -> None:
    rows = rows_below("default audience | role | when | kinds", SETTINGS)
    told = [
        f"| `{each.id}` | {each.role} | {each.when} | {', '.join(each.kinds) or 'all'} |" for each in DEFAULTS.audiences
    ]
    assert rows == told


def test_every_kind_and_role_stands_beside_the_fields_of_an_audience() -> None:
    table = "\n".join(rows_below("field of an audience | default | meaning", SETTINGS))
    assert [code for code in (*KINDS, *Role) if f"`{code}`" not in table] == []


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


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Those that do something, each with its whole name."""
    yield from within(COMMANDS, "")


def within(commands: Mapping[str, click.Command], group: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in commands.items():
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield group + name, command
        if isinstance(command, click.Group):
            yield from within(command.commands, f"{group}{name} ")


def test_every_command_is_in_the_table_with_its_options() -> None:
    rows = rows_below("command | does", OPERATE)
    row_of = {name: [row for row in rows if re.match(rf"\| `kiosk {name}[` ]", row)] for name, _ in every_command()}
    assert [name for name, found in row_of.items() if not found] == []
    options = [
        (name, parameter.opts[0])
        for name, command in every_command()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    assert len(options) > 20
    assert [(name, option) for name, option in options if option not in row_of[name][0]] == []


def test_every_room_of_the_code_is_in_the_table() -> None:
    rooms = sorted(path.parent.name for path in ROOT.glob("kiosk/*/__init__.py"))
    assert [room for room in rooms if f"| `kiosk/{room}/` |" not in README] == []
