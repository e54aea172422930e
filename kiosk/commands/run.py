"""`kiosk run`: both doors and, unless disabled, the forwarder; they stop together."""

import dataclasses
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

import click

from kiosk import clock, public_app, staff_app
from kiosk.commands.allocator import keep_little
from kiosk.commands.shared import says_errors_plainly
from kiosk.commands.staff import FIRST, FORMER_LINK, first_link, has_link, lacks_first_password
from kiosk.config import Settings, load_settings
from kiosk.delivery.supervisor import Supervisor
from kiosk.domain.addresses import host_of, is_loopback
from kiosk.domain.troubles.running import DATABASE, RELAY_NONE
from kiosk.errors import KioskError, SettingsError
from kiosk.store.base.connection import Database
from kiosk.store.base.damage import damage_in, damage_noted, look, noted
from kiosk.store.base.room import is_full_disk
from kiosk.store.instance import listen_addresses, start
from kiosk.store.instance.mark import demand_real
from kiosk.store.watch.health import PUBLIC_DOOR
from kiosk.watch.check import public_clear
from kiosk.web.shared.context import warm
from kiosk.web.shared.serve import Door, listen

log = logging.getLogger(__name__)

LOOK_BEFORE_SERVING = 1.0  # seconds; the forwarder looks at the rest of a large database


@click.command()
@click.option("--public", default="127.0.0.1:8080", show_default=True, metavar="HÔTE:PORT", help="Adresse de la borne.")
@click.option(
    "--staff", default="127.0.0.1:8081", show_default=True, metavar="HÔTE:PORT", help="Adresse de la console."
)
@click.option("--demo", is_flag=True, help="Démonstration : les courriels restent dans une boîte sur cette machine.")
@click.option("--no-forwarder", is_flag=True, help="N'envoie pas les courriels ; kiosk forward fonctionne à part.")
@says_errors_plainly
def run(public: str, staff: str, demo: bool, no_forwarder: bool) -> None:
    """Ouvre la borne et la console, et envoie les signalements."""
    keep_little()
    settings = load_settings(demo=demo)
    if not demo:
        demand_real(settings)
    if not (settings.smtp.host or demo):
        click.echo(f"kiosk : {RELAY_NONE.what} {RELAY_NONE.action}", err=True)
    serve(settings, public=public, staff=staff, forwarder=not no_forwarder)


def serve(settings: Settings, *, public: str, staff: str, forwarder: bool) -> None:
    """Until SIGTERM or SIGINT. Raises KioskError when it cannot start or a door has failed."""
    _judge_addresses(settings, public, staff)
    settings = _reachable_at(settings, public, staff)
    with ExitStack() as stack:
        stop = stack.enter_context(_stop_on_signals())
        listeners = [stack.enter_context(listen(address)) for address in (public, staff)]
        start.make_folder(settings)
        stack.enter_context(start.in_use(settings))
        db = _prepare(stack, settings, public, staff)
        command = [sys.executable, "-m", "kiosk", "forward", "--supervised"]
        if settings.demo:
            settings, port = _open_mailbox(stack, settings)
            command += ["--demo-sink", str(port)]
        opened = _open_doors(stack, settings, listeners, stop, warmed=db is not None)
        if forwarder:
            supervisor = Supervisor(command)
            supervisor.start()
            stack.callback(supervisor.stop)
        log.info("the kiosk is on http://%s, the console on http://%s (%s)", public, staff, settings.instance)
        if db:
            _show_first_link(db, settings)
        stop.wait()
    if any(door.failed for door in opened):
        raise KioskError(
            "La borne ou la console s'est fermée d'elle-même : lisez le journal ci-dessus, puis redémarrez."
        )


def _open_mailbox(stack: ExitStack, settings: Settings) -> tuple[Settings, int]:
    """Settings for it, and its port."""
    from kiosk.commands.demo_sink import Sink, sink_settings  # asyncio takes 5 MiB that a real kiosk does without

    sink = Sink(settings.demo_mailbox)
    sink.start()
    stack.callback(sink.stop)
    return dataclasses.replace(settings, smtp=sink_settings(sink.port)), sink.port


def _prepare(stack: ExitStack, settings: Settings, public: str, staff: str) -> Database | None:
    """None if the database is damaged or the disk full: the doors open all the same, to say so and whom to call."""
    db = None
    try:
        with damage_noted(settings.database):
            opened = stack.enter_context(start.prepare(settings, clock.now()))
            if not look(opened, settings.database, within=LOOK_BEFORE_SERVING):
                addresses = {listen_addresses.PUBLIC: public, listen_addresses.STAFF: staff}
                listen_addresses.opened(opened, addresses, clock.now())
                db = opened
    except KioskError as error:
        if is_full_disk(error, settings.database):
            _say(str(error))
        elif not damage_in(error):
            raise
    if damage := noted(settings.database):
        found = DATABASE.found(damage=damage)
        _say(f"{found.sentence} {found.trouble.action}")
    return db


def _say(words: str) -> None:
    with suppress(OSError):  # standard error may be a file on the same full disk
        click.echo(f"kiosk : {words}", err=True)


def _open_doors(
    stack: ExitStack, settings: Settings, listeners: Sequence[socket.socket], stop: threading.Event, *, warmed: bool
) -> list[Door]:
    """At shutdown both are asked to stop before either is joined."""
    apps = {PUBLIC_DOOR: public_app(settings), "staff door": staff_app(settings)}
    if warmed:
        warm(apps[PUBLIC_DOOR], PUBLIC_DOOR)
    doors = [
        Door(app, listener, name, ended=stop, proxy=settings.web.proxy)
        for (name, app), listener in zip(apps.items(), listeners, strict=True)
    ]
    for door in doors:
        door.start()
        stack.callback(door.join)
    for door in doors:
        stack.callback(door.stop)
    return doors


def _judge_addresses(settings: Settings, public: str, staff: str) -> None:
    if public == staff:
        raise SettingsError(
            f"La borne et la console ne peuvent pas écouter toutes deux sur {public} : donnez un autre port à --staff."
        )
    for found in public_clear(public):
        click.echo(f"kiosk : {found.sentence} {found.trouble.action}", err=True)
    if is_loopback(host_of(staff)):
        return
    if settings.demo:
        raise SettingsError(
            f"Une démonstration montre ses courriels à tous : « {staff} » doit être une adresse loopback."
        )
    if not settings.staff.tls:
        log.warning("passwords travel in clear to %s: put a proxy with TLS before it and set staff.tls", staff)


def _show_first_link(db: Database, settings: Settings) -> None:
    """To a terminal only: whoever reads the link may choose a password, and a service manager keeps what it is told."""
    now = clock.now()
    if not lacks_first_password(db):
        return
    if not sys.stdout.isatty():
        click.echo(
            "Personne ne peut encore se connecter. Créez un compte :"
            f" KIOSK_INSTANCE={settings.instance} kiosk staff add {FIRST.name} --role {FIRST.role}"
        )
        return
    former = f"\n{FORMER_LINK}" if has_link(db, FIRST.name, now) else ""
    click.echo(
        f"Personne ne peut encore se connecter. Le premier compte est « {FIRST.name} » ; choisissez son mot de passe"
        f" ici :\n  {first_link(db, settings, now)}{former}"
    )


def _reachable_at(settings: Settings, *addresses: str) -> Settings:
    """Trust the listen addresses as host names too."""
    hosts = (address.rpartition(":")[0] for address in addresses)
    web = dataclasses.replace(settings.web, hosts=(*settings.web.hosts, *hosts))
    return dataclasses.replace(settings, web=web)


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
