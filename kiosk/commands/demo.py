"""`kiosk demo clear`: deletion of the demonstration."""

import click

from kiosk.commands.shared import says_errors_plainly
from kiosk.config import load_settings
from kiosk.store.instance import mark, start


@click.group()
def demo() -> None:
    """Gère la démonstration de kiosk run --demo."""


@demo.command()
@says_errors_plainly
def clear() -> None:
    """Supprime la démonstration : signalements, courriels, comptes et clés."""
    settings = load_settings(demo=True)
    mark.demand_demonstration(settings)
    with start.alone(settings):
        mails = mark.erase(settings)
    click.echo(f"Démonstration supprimée : « {settings.instance} », sa base, ses clés et {mails} courriel(s).")
    click.echo("La vraie borne n'a pas été touchée.")
