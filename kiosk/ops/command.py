"""What every command of the command line does alike."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from kiosk.errors import KioskError
from kiosk.store.recovery import LINES

P = ParamSpec("P")


def says_errors_plainly(command: Callable[P, None]) -> Callable[P, None]:
    """One sentence and status 2, without a traceback."""

    @wraps(command)
    def run_command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except KioskError as error:
            click.echo(f"kiosk: {error}", err=True)
            sys.exit(2)

    return run_command


def typed_key(name: str) -> str:
    """A key on paper, asked for a line at a time and not shown; what was typed is not checked here."""
    return "\n".join(click.prompt(f"Line {line} of the {name}", hide_input=True) for line in range(1, LINES + 1))
