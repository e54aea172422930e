"""What every command of the command line does alike."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from kiosk.errors import KioskError
from kiosk.store.keys.recovery import LINES

P = ParamSpec("P")
FILE = click.Path(path_type=Path, dir_okay=False)


def says_errors_plainly(command: Callable[P, None]) -> Callable[P, None]:
    """One sentence and status 2, without a traceback."""

    @wraps(command)
    def run_command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KioskError as error:
            click.echo(f"kiosk : {error}", err=True)
            sys.exit(2)

    return run_command


def typed_key(name: str) -> str:
    """A key on paper, asked for a line at a time and not shown; what was typed is not checked here."""
    return "\n".join(click.prompt(f"Ligne {line} de la {name}", hide_input=True) for line in range(1, LINES + 1))


def as_columns(rows: Sequence[Sequence[str]]) -> str:
    """Each column as wide as its widest cell; the last one may run on."""
    widths = [max(len(cell) for cell in column) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )
