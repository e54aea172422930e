"""`kiosk run`: both doors and, unless told otherwise, the forwarder; ends them together."""

import dataclasses
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType

import click

from kiosk import clock, public_app, staff_app
from kiosk.config import Settings
from kiosk.delivery.supervisor import Supervisor
from kiosk.errors import KioskError, SettingsError
from kiosk.ops.demo import Sink, dressed, sink_settings
from kiosk.ops.staff import FIRST, first_link
from kiosk.store import doors, start
from kiosk.store.connection import Database
from kiosk.store.health import PUBLIC_DOOR
from kiosk.web.context import warm
from kiosk.web.serve import Door, is_loopback, listen

log = logging.getLogger(__name__)


def run(settings: Settings, *, public: str, staff: str, forwarder: bool) -> None:
    """Serves until SIGTERM or SIGINT. Raises KioskError when it cannot start."""
    _judge_staff_address(settings, staff)
    settings = _reachable_at(dressed(settings) if settings.demo else settings, public, staff)
    with ExitStack() as stack:
        stop = stack.enter_context(_stop_on_signals())
        listeners = [stack.enter_context(listen(address)) for address in (public, staff)]
        stack.enter_context(start.in_use(settings))
        db = stack.enter_context(start.prepare(settings, clock.now()))
        doors.opened(db, {doors.PUBLIC: public, doors.STAFF: staff}, clock.now())
        command = [sys.executable, "-m", "kiosk", "forward", "--supervised"]
        if settings.demo:
            sink = Sink(settings.demo_mailbox)
            sink.start()
            stack.callback(sink.stop)
            settings = dataclasses.replace(settings, smtp=sink_settings(sink.port))
            command += ["--demo-sink", str(sink.port)]
        opened = _open_doors(stack, settings, listeners, stop)
        if forwarder:
            supervisor = Supervisor(command)
            supervisor.start()
            stack.callback(supervisor.stop)
        log.info("the kiosk is on http://%s, the console on http://%s", public, staff)
        _show_first_link(db, settings)
        stop.wait()
    if any(door.failed for door in opened):
        raise KioskError("A door has closed by itself: see the log above, and start the kiosk again.")


def _open_doors(
    stack: ExitStack, settings: Settings, listeners: Sequence[socket.socket], stop: threading.Event
) -> list[Door]:
    """Both are asked to stop before either is waited for."""
    apps = {PUBLIC_DOOR: public_app(settings), "staff door": staff_app(settings)}
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


def _judge_staff_address(settings: Settings, address: str) -> None:
    if is_loopback(address):
        return
    if settings.demo:
        raise SettingsError(f"A demonstration shows its mails to anybody: «{address}» must be a loopback address.")
    if not settings.staff.tls:
        log.warning("passwords travel in clear to %s: put a proxy with TLS before it and set staff.tls", address)


def _show_first_link(db: Database, settings: Settings) -> None:
    """On the screen of whoever starts the kiosk, not in its log."""
    if link := first_link(db, settings, clock.now()):
        click.echo(f"Nobody can sign in yet. The first account is «{FIRST.name}»; choose its password here:\n  {link}")


def _reachable_at(settings: Settings, *addresses: str) -> Settings:
    """A browser that was sent to the addresses we listen on may name them."""
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
