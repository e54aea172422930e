"""Helpers of the command line: errors, keys, tables."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from kiosk import clock
from kiosk.commands.failures import told
from kiosk.config import Settings
from kiosk.operator_files import read_text, text_of
from kiosk.store.base.connection import Database
from kiosk.store.instance import start
from kiosk.store.keys.age_keys import is_identity
from kiosk.store.keys.recovery import LINES

P = ParamSpec("P")
STANDARD_INPUT = Path("-")
FILE = click.Path(path_type=Path, dir_okay=False)


def says_errors_plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Print any failure as one sentence; exit status 2."""

    @wraps(command)
    def run_command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, no command ends in a traceback
            click.echo(f"kiosk : {told(error)}", err=True)
            sys.exit(2)

    return run_command


def opened(settings: Settings, *, as_json: bool = False) -> Database:
    """The instance's database; names the instance, so that nobody takes another kiosk for it."""
    db = start.open_instance(settings, clock.now())
    name_instance(settings, as_json=as_json)
    return db


def name_instance(settings: Settings, *, as_json: bool) -> None:
    """On standard error, and not where a program reads."""
    if not as_json:
        click.echo(f"Borne : {settings.instance}", err=True)


def read_file(file: Path) -> str:
    """Text of a file, or of standard input for ``-``. Raises UnreadableFile."""
    return text_of(sys.stdin.buffer.read(), "L'entrée standard") if file == STANDARD_INPUT else read_text(file)


def typed_key(name: str) -> str:
    """Line by line, hidden, unchecked; an age identity in one line."""
    first = click.prompt(f"Ligne 1 de la {name}", hide_input=True)
    if is_identity(first):
        return str(first)
    others = (click.prompt(f"Ligne {line} de la {name}", hide_input=True) for line in range(2, LINES + 1))
    return "\n".join((first, *others))


def as_columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )
