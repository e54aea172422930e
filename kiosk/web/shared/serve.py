"""HTTP server of a door: a waitress with its own socket and threads, and graceful shutdown."""

import logging
import re
import socket
import sys
import threading
import time
from typing import Any

import waitress.server
from flask import Flask

from kiosk.errors import SettingsError
from kiosk.web.shared.error_pages import discreet
from kiosk.web.shared.fair_queue import fair_dispatcher, leaving

log = logging.getLogger(__name__)
THREADS = 16
QUIET = 10.0  # seconds between two rounds when nobody asks: as often as waitress looks for connections to end
ROUND = 0.1  # seconds between two checks whether requests in progress have ended, at shutdown
THREADS_END = 2.0  # seconds for idle threads to end
DRAIN = 10.0  # seconds for requests in progress at shutdown
# Above the doors' own limit of 256 KiB, so that they answer 413 themselves; below the spool limit, so that no text is
# ever written to a temporary file.
LARGEST_BODY = 1024 * 1024
SPOOL_FROM = 2 * LARGEST_BODY
NEVER_SPOOLED = sys.maxsize  # bytes of an answer: an export may be longer than any body, and a register too
LARGEST_HEADERS = 32 * 1024
CONNECTIONS = 500
PATH = re.compile(r"(while serving ).*", re.DOTALL)
LONGEST_LINE = 300  # characters of a line of waitress
FORWARDED = {"x-forwarded-for", "x-forwarded-proto"}  # not the host: Host is what the browser sent


def without_path(record: logging.LogRecord) -> bool:
    """Filter for waitress, which names the path of a request: the client chose it, up to 32 KiB of it."""
    message = record.getMessage()
    record.msg, record.args = PATH.sub(r"\1a request", message)[:LONGEST_LINE], ()
    return not message.startswith("Client disconnected")


logging.getLogger("waitress").addFilter(without_path)
logging.getLogger("waitress").addFilter(discreet)
logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # in a flood, a line for each request would fill the disk


def listen(address: str) -> socket.socket:
    """Bind ``HOST:PORT`` and return the socket. Raises SettingsError with one sentence."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingsError(f"« {address} » n'est pas une adresse : écrivez HÔTE:PORT, par exemple 127.0.0.1:8080.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
        listener.listen()  # now: a port that is taken may be bound a second time
    except (OSError, UnicodeError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else "ce nom est impossible"
        raise SettingsError(f"Impossible d'écouter sur {address} ({why}) : choisissez une autre adresse.") from error
    return listener


class Door:
    """Serves ``app`` until told to stop; requests in progress get DRAIN seconds to end."""

    def __init__(self, app: Flask, listener: socket.socket, name: str, ended: threading.Event, proxy: str = "") -> None:
        """``ended``: set when the door has closed, also because of an error.

        ``proxy``: the only address whose forwarded headers are trusted.
        """
        self.failed = False
        self._ended = ended
        self._proxy = proxy
        self._map: dict[int, Any] = {}
        self._server = waitress.server.create_server(
            app,
            map=self._map,
            _dispatcher=fair_dispatcher(THREADS, proxy),
            sockets=[listener],
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            channel_timeout=30,
            cleanup_interval=int(QUIET),
            max_request_header_size=LARGEST_HEADERS,
            max_request_body_size=LARGEST_BODY,
            inbuf_overflow=SPOOL_FROM,
            outbuf_overflow=NEVER_SPOOLED,
            ident="",
            clear_untrusted_proxy_headers=False,  # hosts.py looks for them; nothing believes them
            **({"trusted_proxy": proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": FORWARDED} if proxy else {}),
        )
        self._stop = threading.Event()
        self._closing = threading.Lock()  # once closed, the number of the trigger's file may be another file's
        self._is_open = True
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        with self._closing:
            if self._is_open:
                self._server.pull_trigger()  # ends a quiet round

    def join(self) -> None:
        self._thread.join(DRAIN + 2 * ROUND)

    def _serve(self) -> None:
        try:
            self._serve_until_stopped()
        except Exception:  # no caller sees this thread's error, and a dead door must not look open
            log.exception("the %s has closed by itself", self._thread.name)
            self.failed = True
        finally:
            self._server.task_dispatcher.shutdown(timeout=THREADS_END)
            with self._closing:
                self._is_open = False
                self._server.asyncore.close_all(self._map, ignore_all=True)
            self._ended.set()

    def _serve_until_stopped(self) -> None:
        while not self._stop.is_set():
            self._make_room()
            self._turn(QUIET)
        self._server.accepting = False
        deadline = time.monotonic() + DRAIN
        while self._is_busy() and time.monotonic() < deadline:
            self._turn(ROUND)

    def _turn(self, longest: float) -> None:
        # poll, not select: select fails from the 1024th open file of the process on.
        self._server.asyncore.loop(timeout=longest, use_poll=True, map=self._map, count=1)

    def _make_room(self) -> None:
        """A new request must be read in the turn after its arrival."""
        channels = list(self._server.active_channels.values())
        for channel in leaving(channels, self._proxy):
            channel.will_close = True
        for channel in channels:
            if channel.will_close:  # now: waitress would first wait for the client to read the rest
                channel.handle_write()

    def _is_busy(self) -> bool:
        dispatcher = self._server.task_dispatcher
        answering = any(getattr(channel, "total_outbufs_len", 0) for channel in self._map.values())
        return bool(dispatcher.active_count or dispatcher.queue or answering)
