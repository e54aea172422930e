"""`kiosk backup`: encrypted backup of an instance."""

from pathlib import Path

import click

from kiosk import clock
from kiosk.commands.shared import FILE, says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.instance import start
from kiosk.store.instance.backup import backup_key, left_out, record, write
from kiosk.store.keys.recovery import to_text


@click.command()
@click.argument("file", metavar="FICHIER", type=FILE)
@click.option("--replace", is_flag=True, help="Remplace un FICHIER qui existe déjà.")
@says_errors_plainly
def backup(file: Path, replace: bool) -> None:
    """Écrit une copie chiffrée de tout dans FICHIER, pendant que la borne continue."""
    settings = load_settings()
    with start.prepare(settings, clock.now()) as db:
        key = backup_key(db, settings)
        written = write(settings, file.absolute(), key, clock.now(), replace=replace)
        record(db, written, clock.now())
    click.echo(f"{written.path} : {written.size} octets, {len(written.files)} fichiers, relus et complets.")
    click.echo(f"Sa trace se termine par {written.head.sequence}:{written.head.digest.hex()}")
    if missing := left_out(settings):
        click.echo(f"N'y sont PAS, car ils se trouvent hors de l'instance : les fichiers de {', '.join(missing)}.")
    if key.private is None:
        click.echo("La clé de secours l'ouvre : kiosk restore FICHIER")
        return
    click.echo("Cette clé l'ouvre, et kiosk restore FICHIER la demande. Notez-la, à part du fichier :\n")
    click.echo(to_text(key.private))
