"""`kiosk backup` and `kiosk restore`."""

import sys
from pathlib import Path

import click

from kiosk import clock
from kiosk.config import load_settings
from kiosk.errors import KioskError
from kiosk.ops.command import says_errors_plainly

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Take the place of a FILE that is there already.")
@says_errors_plainly
def backup(file: Path, replace: bool) -> None:
    """Write an encrypted copy of everything to FILE, while the kiosk goes on."""
    from kiosk.store import start
    from kiosk.store.backup import backup_key, write
    from kiosk.store.recovery import to_text

    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        key = backup_key(db, settings)
    written = write(settings, file.absolute(), key, clock.now(), replace=replace)
    click.echo(f"{written.path}: {written.size} bytes, {len(written.files)} files, read back and whole.")
    click.echo(f"Its trace ends with {written.head.sequence}:{written.head.digest.hex()}")
    if key.private is None:
        click.echo("The recovery key opens it: kiosk restore FILE")
        return
    click.echo("This key opens it, and `kiosk restore FILE` asks for it. Note it, apart from the file:\n")
    click.echo(to_text(key.private))


@click.command()
@click.argument("file", type=FILE)
@click.option("--key-file", type=FILE, help="A file with the key; without, it is asked for (or read from a pipe).")
@click.option("--replace", is_flag=True, help="Put aside the database and the files that are there now.")
@says_errors_plainly
def restore(file: Path, key_file: Path | None, replace: bool) -> None:
    """Put back what `kiosk backup` wrote to FILE; the kiosk must not run."""
    from kiosk.ops.restore import restore as restore_from
    from kiosk.store.recovery import from_text

    settings = load_settings()
    private_key = from_text(_key_text(key_file))
    click.echo(restore_from(settings, file, private_key, clock.now(), replace=replace).as_words())


def _key_text(key_file: Path | None) -> str:
    """Never from the command line, which every user of the machine can read."""
    if key_file:
        try:
            return key_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KioskError(f"{key_file} cannot be read.") from error
    if not sys.stdin.isatty():
        return sys.stdin.read()
    return "\n".join(click.prompt(f"Line {number} of the key", hide_input=True) for number in range(1, 5))
