"""`kiosk backup`: encrypted backup of an instance."""

from pathlib import Path

import click

from kiosk import clock
from kiosk.commands.shared import FILE, opened, says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.instance.backup import backup_key, left_out, record, write
from kiosk.store.keys import age_keys, recovery
from kiosk.store.keys.backup_signing import check_letters


@click.command()
@click.argument("file", metavar="FICHIER", type=FILE)
@click.option("--replace", is_flag=True, help="Remplace un FICHIER qui existe déjà.")
@says_errors_plainly
def backup(file: Path, replace: bool) -> None:
    """Écrit une copie chiffrée de tout dans FICHIER, pendant que la borne continue."""
    settings = load_settings()
    with opened(settings) as db:
        key = backup_key(db, settings)
        written = write(settings, file.absolute(), key, clock.now(), replace=replace)
        record(db, written, clock.now())
        paper = recovery.current(db)
    changed = paper is not None and paper.signer != written.signer
    click.echo(f"{written.path} : {written.size} octets, {len(written.files)} fichiers, relus et complets.")
    click.echo(f"Sa trace se termine par {written.head}")
    if missing := left_out(settings):
        click.echo(f"N'y sont PAS, car ils se trouvent hors de l'instance : les fichiers de {', '.join(missing)}.")
    letters = check_letters(written.signer)
    click.echo(f"Les lettres de contrôle de sa signature, que kiosk restore demande :\n\n{letters}\n")
    if changed:
        click.echo("Ce ne sont PLUS celles du papier de la clé de secours : notez-les à côté d'elle.", err=True)
    if key.private is None:
        click.echo("La clé de secours l'ouvre : kiosk restore FICHIER")
        return
    click.echo("Cette clé l'ouvre, et kiosk restore FICHIER la demande. Notez-la, à part du fichier :\n")
    click.echo(f"{age_keys.identity(key.private)} (pour le programme age), ou en quatre lignes :\n")
    click.echo(recovery.to_text(key.private))
