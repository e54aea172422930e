"""The command line as a whole: its list, its help in French, and its answer to a slip of the pen."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kiosk import cli
from kiosk.commands.usage import HELP

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
from kiosk import cli
try:
    cli.main()
finally:
    print(sorted(name for name in sys.modules if "kiosk" in name))
"""


def kiosk(*arguments: str, program: tuple[str, ...] = ("-m", "kiosk")) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *program, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def all_commands() -> Iterator[tuple[str, click.Command]]:
    for name in cli.COMMANDS:
        command = cli.commands.get_command(click.Context(cli.commands), name)
        assert command
        yield f"kiosk {name}", command
        if isinstance(command, click.Group):
            yield from ((f"kiosk {name} {each}", found) for each, found in command.commands.items())


SMALL = (".discreet", ".errors")


def test_the_list_loads_no_command() -> None:
    shown = kiosk("--help", program=("-c", LOADED)).stdout
    assert all(f"  {name} " in shown and listed.does in shown for name, listed in cli.COMMANDS.items())
    loaded = shown.splitlines()[-1]
    assert loaded == str([f"kiosk{name}" for name in ("", ".cli", ".commands", ".commands.usage", *SMALL)])


SERVING = """
import sys
import kiosk.commands.run, kiosk.web.public, kiosk.web.staff, kiosk.commands.forward
print(*sys.modules)
"""
# Megabytes of memory for demonstrations, backups and a few pages: imported where they are used.
FOR_A_FEW = {"aiosmtpd", "asyncio", "fido2", "pyrage", "tarfile", "zxcvbn"}


def test_a_kiosk_that_serves_holds_in_memory_only_what_every_kiosk_needs() -> None:
    loaded = {name.partition(".")[0] for name in kiosk(program=("-c", SERVING)).stdout.split()}
    assert {"flask", "cryptography"} <= loaded
    assert not loaded & FOR_A_FEW


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_says_what_the_command_says_of_itself(name: str) -> None:
    command = cli.commands.get_command(click.Context(cli.commands), name)
    assert command
    assert command.help
    assert command.help.startswith(cli.COMMANDS[name].does.rstrip("."))


def test_every_command_and_option_has_a_french_help() -> None:
    missing, english = [], []
    for name, command in all_commands():
        options = [each for each in command.params if isinstance(each, click.Option)]
        texts = {name: command.help, **{f"{name} {each.opts[0]}": each.help for each in options}}
        missing += [place for place, text in texts.items() if not text]
        english += [place for place, text in texts.items() if re.search(r"\b(the|of|is|and|with|for)\b", text or "")]
    assert (missing, english) == ([], [])


@pytest.mark.parametrize("arguments", [("--help",), ("staff", "add", "--help"), ("run", "--help"), ("queue", "-h")])
def test_a_help_page_has_none_of_clicks_english_words(arguments: tuple[str, ...]) -> None:
    shown = kiosk(*arguments).stdout
    assert shown.startswith("Usage\u00a0: kiosk ")
    assert [english for english in HELP if re.search(rf"{re.escape(english)}(?!\w)", shown)] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope",), "cette commande n'existe pas, ou un mot est de trop."),
        (("staff", "list", "zu"), "cette commande n'existe pas, ou un mot est de trop."),
        (("staff", "list", "--nope"), "l'option --nope n'existe pas."),
        (("staff", "disable"), "il manque NOM."),
        (("staff", "add", "x", "--role", "chef"), "la valeur de --role ne convient pas."),
        (("init", "--new-recovery-key"), "l'option --new-recovery-key est mal employée."),
    ],
)
def test_a_slip_of_the_pen_is_said_in_french(arguments: tuple[str, ...], said: str) -> None:
    done = kiosk(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"kiosk\u00a0: {said} Voyez\u00a0: kiosk ")


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"kiosk \d+\.\d+\.\d+\n", kiosk("--version").stdout)
