"""`kiosk test-mail`: a test mail, sent like a report: queue, forwarder, relay."""

import sys
import time

import click

from kiosk import clock
from kiosk.commands.shared import opened, says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.delivery.loop import forward_once
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.troubles.running import RELAY_NONE
from kiosk.duty.mssi import addressed, mssi, system_mail
from kiosk.errors import KioskError
from kiosk.mail.system.trial import Trial
from kiosk.store.base.connection import Database
from kiosk.store.instance.mark import demand_real
from kiosk.store.outbox import deliveries, wakeup
from kiosk.store.outbox.relay import lift_pause, relay_state

LOOK_EVERY = 0.2  # seconds


@click.command("test-mail")
@click.option(
    "--wait", default=30, show_default=True, metavar="SECONDES", help="Combien de temps attendre la réponse du relais."
)
@says_errors_plainly
def test_mail(wait: int) -> None:
    """Envoie au MSSI un courriel d'essai, par la file, et dit ce qu'il en est."""
    settings = load_settings()
    demand_real(settings)
    with opened(settings) as db:
        sent, words = send_test_mail(db, settings, patience=wait)
    click.echo(words)
    sys.exit(0 if sent else 1)


def send_test_mail(db: Database, settings: Settings, *, patience: float) -> tuple[bool, str]:
    """True if the relay took it, and a sentence for the operator. ``patience`` in seconds."""
    if not settings.smtp.host:
        raise KioskError(f"{RELAY_NONE.what} Renseignez host sous [smtp] dans kiosk.toml.")
    delivery = _enqueue(db, settings)
    lift_pause(db, clock.now())
    wakeup.wake(settings.instance)
    if not forward_once(settings, db):
        _wait(db, delivery, patience)
    state, words = deliveries.state_of(db, delivery)
    if state is DeliveryState.SENT:
        return True, f"Le relais a pris le courriel d'essai : {words}"
    return (
        False,
        f"Pas encore parti ({state.french}) : {_what_keeps_it(db, words)}. Il reste dans la file : voyez kiosk queue.",
    )


def _what_keeps_it(db: Database, words: str) -> str:
    relay = relay_state(db)
    if relay.state not in ("down", "refused"):
        return words or "pas encore de réponse"
    again = f"{clock.local(relay.next_try_at):%H:%M:%S}"
    return f"« {relay.last_reply} » au dernier essai, le prochain est à {again} (aussitôt avec kiosk queue retry)"


def _enqueue(db: Database, settings: Settings) -> int:
    now = clock.now()
    new = addressed(settings, system_mail(db, settings, Trial(), now), mssi(settings)[0])
    site = settings.local_site.id
    return deliveries.submit_test(db, new, site=site, actor="command line", now=now)


def _wait(db: Database, delivery: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while deliveries.state_of(db, delivery)[0] is not DeliveryState.SENT and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
