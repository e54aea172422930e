"""`kiosk backup`."""

from pathlib import Path

import click

from kiosk import clock
from kiosk.commands.shared import FILE, says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.instance import start
from kiosk.store.instance.backup import backup_key, left_out, record, write
from kiosk.store.keys.recovery import to_text


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Take the place of a FILE that is there already.")
@says_errors_plainly
def backup(file: Path, replace: bool) -> None:
    """Write an encrypted copy of everything to FILE, while the kiosk goes on."""
    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        key = backup_key(db, settings)
        written = write(settings, file.absolute(), key, clock.now(), replace=replace)
        record(db, written, clock.now())
    click.echo(f"{written.path}: {written.size} bytes, {len(written.files)} files, read back and whole.")
    click.echo(f"Its trace ends with {written.head.sequence}:{written.head.digest.hex()}")
    if missing := left_out(settings):
        click.echo(f"NOT in it, because they lie outside the instance: the files of {', '.join(missing)}.")
    if key.private is None:
        click.echo("The recovery key opens it: kiosk restore FILE")
        return
    click.echo("This key opens it, and `kiosk restore FILE` asks for it. Note it, apart from the file:\n")
    click.echo(to_text(key.private))
