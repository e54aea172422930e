"""`kiosk purge`."""

import click

from kiosk import clock
from kiosk.config import load_settings
from kiosk.ops.command import says_errors_plainly
from kiosk.store import start


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be erased; change nothing.")
@click.option("--clock-is-right", is_flag=True, help="Somebody has looked: today is the date that the kiosk believes.")
@says_errors_plainly
def purge(dry_run: bool, clock_is_right: bool) -> None:
    """Erase what has been kept long enough (the forwarder does so by itself)."""
    from kiosk.ops.purge import as_words, look, run

    settings, now = load_settings(), clock.now()
    with start.prepare(settings, now) as db:
        purged = look(db, settings, now) if dry_run else run(db, settings, now, clock_is_right=clock_is_right)
    click.echo(as_words(purged, dry_run=dry_run))
