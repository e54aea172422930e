"""`kiosk init`, and `kiosk staff grant` for when no reader is left."""

import sys
from typing import TextIO

import click

from kiosk import clock
from kiosk.config import Settings, load_settings
from kiosk.ops.command import says_errors_plainly, typed_key
from kiosk.store import start


@click.command()
@click.option(
    "--new-recovery-key",
    "reader",
    metavar="NAME",
    help="Replace a lost one; NAME, who reads all sites, types a password.",
)
@says_errors_plainly
def init(reader: str | None) -> None:
    """Print the recovery key, once, and leave no key on this machine that opens a report without a password."""
    from kiosk.ops.keys import init as split_keys
    from kiosk.ops.keys import still_in_files

    settings = load_settings()
    if reader:
        _renew(settings, reader.lower())
        return
    with start.prepare(settings, clock.now()) as db:
        if not split_keys(db, settings, _show, clock.now()):
            click.echo("kiosk: this was done before. Nothing was changed.", err=True)
            sys.exit(1)
        left = still_in_files(db, settings)
    click.echo("done: the recovery key above is valid.")
    for site in left:
        click.echo(f"The key of «{site}» stays in its file until somebody who may read it signs in.", err=True)


@click.command()
@click.argument("name")
@click.option(
    "--recovery-file", type=click.File(), metavar="FILE", help="Read the recovery key there (- for standard input)."
)
@says_errors_plainly
def grant(name: str, recovery_file: TextIO | None) -> None:
    """Let NAME read, with the recovery key: when no colleague is left who could."""
    from kiosk.ops.keys import grant as grant_keys

    typed = recovery_file.read() if recovery_file else typed_key("recovery key")
    with start.prepare(load_settings(), clock.now()) as db:
        count = grant_keys(db, name.lower(), typed, clock.now())
    click.echo(f"{count} keys granted to {name.lower()}." if count else f"{name.lower()} can read everything already.")


def _renew(settings: Settings, reader: str) -> None:
    from kiosk.ops.keys import renew

    password = click.prompt(f"Password of {reader}", hide_input=True, err=True)
    with start.prepare(settings, clock.now()) as db:
        renew(db, reader, password, _show, clock.now())
    click.echo(
        "done: the recovery key above is valid. The one before opens only backups made until now: take a new one."
    )


def _show(text: str) -> None:
    """On its way before anything changes; a closed pipe stops us here."""
    click.echo(text)
    sys.stdout.flush()
