"""Every command with arguments that it takes, to try all of them in one state."""

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner, Result

from kiosk.cli import commands

ARGUMENTS = {
    "run": ("--public", "127.0.0.1:0", "--staff", "localhost:0"),
    "forward": ("--once",),
    "backup": ("{folder}/x.backup",),
    "restore": ("{folder}/x.backup", "--yes", "--key-file", "{folder}/key", "--letters", "x"),
    "test-mail": ("--wait", "0"),
    "deploy": (
        *("{folder}/nginx", "--public-name", "borne.example", "--staff-name", "console.example"),
        *("--certificate", "{folder}/doors.pem", "--key", "{folder}/doors.key"),
    ),
    "staff add": ("anna", "--role", "manager"),
    "staff disable": ("anna",),
    "staff password": ("anna",),
    "staff grant": ("anna", "--recovery-file", "{folder}/key"),
    "staff sign-out": ("anna",),
    "staff factor reset": ("anna",),
}
MAKERS = ("run", "restore")  # may make an instance
ELSEWHERE = ("deploy", "demo clear")  # touch no kiosk, or another one


def names() -> list[str]:
    return sorted(_leaves(commands, ()))


def _leaves(group: click.Group, before: tuple[str, ...]) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _leaves(command, (*before, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join((*before, name))


def invoke(name: str, instance: Path, folder: Path, **environment: str) -> Result:
    """``folder``: of the files that it is told to read or write."""
    words = [*name.split(), *(word.format(folder=folder) for word in ARGUMENTS.get(name, ()))]
    return CliRunner().invoke(commands, words, env={"KIOSK_INSTANCE": str(instance), **environment})
