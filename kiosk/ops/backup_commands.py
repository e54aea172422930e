"""`kiosk backup` and `kiosk restore`."""

import sys
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.config import load_settings
from kiosk.errors import KioskError
from kiosk.ops.command import says_errors_plainly, typed_key

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Take the place of a FILE that is there already.")
@says_errors_plainly
def backup(file: Path, replace: bool) -> None:
    """Write an encrypted copy of everything to FILE, while the kiosk goes on."""
    from kiosk.store import start
    from kiosk.store.backup import backup_key, left_out, record, write
    from kiosk.store.recovery import to_text

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


@click.command()
@click.argument("file", type=FILE)
@click.option("--key-file", type=FILE, help="The key as printed, or backup.key; without, it is asked for.")
@click.option("--replace", is_flag=True, help="Put aside the database and the files that are there now.")
@says_errors_plainly
def restore(file: Path, key_file: Path | None, replace: bool) -> None:
    """Put back what `kiosk backup` wrote to FILE; the kiosk must not run."""
    from kiosk.ops.restore import restore as restore_from
    from kiosk.store.recovery import from_text

    settings = load_settings()
    raw = _raw_key(key_file)
    private_key = X25519PrivateKey.from_private_bytes(raw) if raw else from_text(_key_text(key_file))
    click.echo(restore_from(settings, file, private_key, clock.now(), replace=replace).as_words())


def _raw_key(key_file: Path | None) -> bytes | None:
    """As it lies in the instance before `kiosk init`."""
    if key_file and key_file.is_file() and key_file.stat().st_size == 32:
        return key_file.read_bytes()
    return None


def _key_text(key_file: Path | None) -> str:
    """Never from the command line, which every user of the machine can read."""
    if key_file:
        try:
            return key_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KioskError(f"{key_file} cannot be read.") from error
    if not sys.stdin.isatty():
        return sys.stdin.read()
    return typed_key("key")
