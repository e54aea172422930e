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

from kiosk import clock, public_app, staff_app
from kiosk.config import Settings
from kiosk.delivery.supervisor import Supervisor
from kiosk.errors import KioskError, SettingsError
from kiosk.ops.demo import Sink, dressed, sink_settings
from kiosk.store import start
from kiosk.store.health import PUBLIC_DOOR
from kiosk.web.context import warm
from kiosk.web.serve import Door, is_loopback, listen

log = logging.getLogger(__name__)


def run(settings: Settings, *, public: str, staff: str, forwarder: bool) -> None:
    """Serves until SIGTERM or SIGINT. Raises KioskError when it cannot start."""
    if not is_loopback(staff):
        raise SettingsError(f"The staff door has no sign-in in this version: «{staff}» must be a loopback address.")
    settings = _reachable_at(dressed(settings) if settings.demo else settings, public)
    with ExitStack() as stack:
        stop = stack.enter_context(_stop_on_signals())
        listeners = [stack.enter_context(listen(address)) for address in (public, staff)]
        stack.enter_context(start.prepare(settings, clock.now()))
        command = [sys.executable, "-m", "kiosk", "forward", "--supervised"]
        if settings.demo:
            sink = Sink(settings.demo_mailbox)
            sink.start()
            stack.callback(sink.stop)
            settings = dataclasses.replace(settings, smtp=sink_settings(sink.port))
            command += ["--demo-sink", str(sink.port)]
        doors = _open_doors(stack, settings, listeners, stop)
        if forwarder:
            supervisor = Supervisor(command)
            supervisor.start()
            stack.callback(supervisor.stop)
        log.info("the kiosk is on http://%s, the console on http://%s", public, staff)
        stop.wait()
    if any(door.failed for door in doors):
        raise KioskError("A door has closed by itself: see the log above, and start the kiosk again.")


def _open_doors(
    stack: ExitStack, settings: Settings, listeners: Sequence[socket.socket], stop: threading.Event
) -> list[Door]:
    """Both are asked to stop before either is waited for."""
    apps = {PUBLIC_DOOR: public_app(settings), "staff door": staff_app(settings)}
    warm(apps[PUBLIC_DOOR], PUBLIC_DOOR)
    doors = [
        Door(app, listener, name, ended=stop) for (name, app), listener in zip(apps.items(), listeners, strict=True)
    ]
    for door in doors:
        door.start()
        stack.callback(door.join)
    for door in doors:
        stack.callback(door.stop)
    return doors


def _reachable_at(settings: Settings, address: str) -> Settings:
    """A browser that was sent to the address we listen on may name it."""
    host = address.rpartition(":")[0]
    web = dataclasses.replace(settings.web, hosts=(*settings.web.hosts, host))
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
