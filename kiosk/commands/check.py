"""`kiosk check`."""

import dataclasses
import json
import sys
from collections.abc import Sequence

import click

from kiosk import clock
from kiosk.commands.shared import says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.instance import start
from kiosk.watch.check import find_problems
from kiosk.watch.check_settings import RED, Finding


def is_red(problems: Sequence[Finding]) -> bool:
    return any(problem.colour == RED for problem in problems)


def as_report(problems: Sequence[Finding]) -> str:
    if not problems:
        return "Everything is in order."
    return "\n".join(f"{problem.colour.upper():5}  {problem.what}\n       → {problem.action}" for problem in problems)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@says_errors_plainly
def check(as_json: bool) -> None:
    """Say what is wrong and what to do about it; status 1 if anything is red."""
    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        problems = find_problems(db, settings, clock.now())
    if as_json:
        listed = [dataclasses.asdict(problem) for problem in problems]
        click.echo(json.dumps({"red": is_red(problems), "problems": listed}, ensure_ascii=False, indent=2))
    else:
        click.echo(as_report(problems))
    sys.exit(1 if is_red(problems) else 0)
