"""`kiosk forward`: background process for deliveries and background jobs."""

import dataclasses
import os
import signal
import sys
import threading
from datetime import datetime
from types import FrameType

import click

from kiosk import clock
from kiosk.breaches.reminders import remind_of_breaches
from kiosk.commands.allocator import keep_little
from kiosk.commands.shared import says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.delivery.background_jobs import BackgroundJob
from kiosk.delivery.loop import Forwarder, forward_once
from kiosk.duty.absence_mail import tell_absences
from kiosk.duty.escalation import take_steps
from kiosk.keeping.old_backups import drop_old_backups
from kiosk.keeping.purge import keep_no_longer
from kiosk.reporting.digests import make_digests
from kiosk.reporting.shown_once import forget_expired
from kiosk.store.base.connection import Database
from kiosk.store.instance import ballast, start
from kiosk.store.instance.mark import demand_real
from kiosk.store.outbox import deliveries
from kiosk.watch.account_mail import tell_accounts
from kiosk.watch.alarm import watch
from kiosk.watch.clock_watch import watch_clock
from kiosk.watch.daily_mail import write_daily


def keep_ballast(db: Database, settings: Settings, now: datetime) -> None:
    ballast.keep(settings)


def cancel_past(db: Database, settings: Settings, now: datetime) -> None:
    deliveries.cancel_past(db, now)


BACKGROUND_JOBS: tuple[BackgroundJob, ...] = (
    keep_ballast,
    cancel_past,
    take_steps,
    tell_absences,
    remind_of_breaches,
    write_daily,
    watch,
    tell_accounts,
    forget_expired,
    keep_no_longer,
    drop_old_backups,
    watch_clock,  # the last: a correction holds for the whole of the next round
)


@click.command()
@click.option(
    "--once",
    is_flag=True,
    help="Envoie ce qui doit partir, puis se termine ; code de retour 1 s'il reste quelque chose.",
)
@click.option("--supervised", is_flag=True, hidden=True, help="Se termine quand l'entrée standard se ferme.")
@click.option("--demo-sink", type=int, hidden=True, metavar="PORT", help="Envoie là les courriels de la démonstration.")
@says_errors_plainly
def forward(once: bool, supervised: bool, demo_sink: int | None) -> None:
    """Envoie ce qui est dans la file (kiosk run le fait aussi)."""
    keep_little()
    settings = _forwarding_settings(demo_sink)
    start.demand_kiosk(settings)
    with start.in_use(settings):  # so that no restore replaces the database meanwhile
        db = start.open_instance(settings, clock.now())
        if once:
            sys.exit(_forward_once(settings, db))
        db.close()
        _forward_until_stopped(settings, supervised=supervised)


def _forwarding_settings(demo_sink: int | None) -> Settings:
    settings = load_settings(demo=demo_sink is not None)
    if demo_sink is None:
        demand_real(settings)
        return settings
    from kiosk.commands.demo_sink import sink_settings

    return dataclasses.replace(settings, smtp=sink_settings(demo_sink))


def _forward_once(settings: Settings, db: Database) -> int:
    if not forward_once(settings, db, jobs=BACKGROUND_JOBS, group=make_digests):
        click.echo("Un autre envoi est en cours : rien n'a été fait.", err=True)
        return 1
    left = deliveries.count_waiting(db)
    click.echo(f"Reste dans la file de « {settings.instance} » : {left}.")
    return 1 if left else 0


def _forward_until_stopped(settings: Settings, *, supervised: bool) -> None:
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    if supervised:
        threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    Forwarder(settings, stop, jobs=BACKGROUND_JOBS, group=make_digests).run()


def _end_with_parent(stop: threading.Event) -> None:
    """Standard input is a pipe from `kiosk run`: it closes however that process ends."""
    while os.read(0, 1024):
        continue
    stop.set()
