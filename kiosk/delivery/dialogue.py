"""SMTP dialogue: smtplib with a fixed deadline and bounded replies."""

import contextlib
import queue
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kiosk.config.greeting import literal
from kiosk.delivery.relay_reply import LONGEST_REPLY, Broken, RelayReply, parse_line, printable
from kiosk.delivery.tls import explain, valid_until
from kiosk.domain.addresses import is_ip

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CHUNK = 64 * 1024  # bytes per send; before each we check whether the relay has spoken
GOODBYE = 2.0  # seconds for QUIT in all

Address = tuple[Any, ...]


class Phase(StrEnum):
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    QUIT = "quit"


class Dialogue(smtplib.SMTP):
    """Waits end at ``deadline`` (monotonic) and last at most ``patience`` seconds; failures raise Broken.

    Overrides smtplib, whose timeout restarts at each byte and whose replies have no limit.
    """

    ehlo_msg = "EHLO"

    def __init__(self, local_hostname: str, *, deadline: float, patience: float) -> None:
        super().__init__(local_hostname=local_hostname)
        self.deadline = deadline
        self.patience = patience
        self.phase = Phase.CONNECT
        self.secrets: tuple[bytes, ...] = ()
        self.certificate_until: datetime | None = None
        self.takes_parameters = True
        self.received = 0
        self.heard_at = time.monotonic()  # the last whole answer, or bytes taken
        self._unread = bytearray()

    def reach(self, host: str, port: int, patience: float) -> None:
        """Connect to the first address that answers, within ``patience`` seconds each."""
        refusals = []
        for family, address in _resolve(host, port, self._left(self._until())):
            candidate = socket.socket(family, socket.SOCK_STREAM)
            try:
                candidate.settimeout(min(patience, self._left(self.deadline)))
                candidate.connect(address)
            except (OSError, Broken) as error:
                candidate.close()
                refusals.append(f"{address[0]}: {_words(error)}")
                continue
            # A command is one small packet: do not wait for the previous ACK.
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = candidate
            self.local_hostname = self.local_hostname or literal(candidate.getsockname()[0])
            return
        raise Broken("; ".join(refusals) or "no address for this name")

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Start verified TLS. Repeat EHLO after STARTTLS (RFC 3207)."""
        if self._unread:
            raise Broken("the relay sent text in clear behind its agreement to start TLS")
        plain = self._socket()
        plain.settimeout(self._left(self._until()))
        try:
            secured = context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLError as error:
            raise Broken(explain(error)) from error
        except OSError as error:
            raise Broken(f"TLS with the relay failed: {_words(error)}") from error
        self.sock = secured
        self.certificate_until = valid_until(secured)

    def send(self, s: "ReadableBuffer | str") -> None:
        """Returns once the kernel has all bytes; Broken means that it has not."""
        rest = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        until = self._until()
        connection = self._socket()
        while rest:
            connection.settimeout(self._left(until))
            try:
                rest = rest[connection.send(rest) :]
            except OSError as error:
                raise Broken(_words(error)) from error
        self.heard_at = time.monotonic()

    def getreply(self) -> RelayReply:
        """Raises Broken if the reply is not SMTP, over 64 KiB or too slow as a whole."""
        until, room = self._until(), LONGEST_REPLY
        texts: list[bytes] = []
        code = 0
        while True:
            raw = self._line(until, room)
            room -= len(raw)
            line = parse_line(raw.rstrip(b"\r\n"))
            if line is None or (texts and line.code != code):
                raise Broken("not an SMTP answer", printable(raw.strip(), self.secrets) or "an empty line")
            code = line.code
            texts.append(line.text)
            if line.is_last:
                self.heard_at = time.monotonic()
                return RelayReply(code, b"\n".join(texts))

    def spoke_early(self) -> bool:
        """True if the relay sent data or closed the connection out of turn."""
        if self._unread:
            return True
        connection = self._socket()
        connection.settimeout(0)
        try:
            self._keep(connection.recv(4096))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True  # reset: the next read or write raises
        return True

    def start_anew(self) -> None:
        """RSET, after a mail that failed."""
        self.putcmd("RSET")
        if self.getreply().code != 250:
            raise Broken("the relay refused to start anew after a mail that failed")

    def words(self, reply: RelayReply) -> str:
        return printable(b"%d %s" % reply, self.secrets)

    def mask(self, secrets: Iterable[str]) -> None:
        """Mask secrets in replies kept for people."""
        self.secrets += tuple(secret.encode() for secret in secrets if secret)

    def leave(self) -> None:
        """QUIT and close; never raises."""
        self.phase = Phase.QUIT
        self.deadline = time.monotonic() + GOODBYE
        with contextlib.suppress(Broken):  # the answer to QUIT changes nothing
            self.docmd("QUIT")
        self.close()

    def _line(self, until: float, room: int) -> bytes:
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched >= room:
                raise Broken(f"the answer is longer than {LONGEST_REPLY // 1024} KiB")
            self._receive(until, min(4096, room - searched))
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        return line

    def _receive(self, until: float, size: int) -> None:
        connection = self._socket()
        connection.settimeout(self._left(until))
        try:
            data = connection.recv(size)
        except OSError as error:
            raise Broken(_words(error)) from error
        if not data:
            raise Broken("the relay closed the connection" + (" in the middle of an answer" if self._unread else ""))
        self._keep(data)

    def _keep(self, data: bytes) -> None:
        self.received += len(data)
        self._unread += data

    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise Broken("not connected")
        return self.sock

    def _until(self) -> float:
        return min(self.deadline, time.monotonic() + self.patience)

    def _left(self, until: float) -> float:
        left = until - time.monotonic()
        if left <= 0:
            raise Broken("the relay took too long")
        return left


def _resolve(host: str, port: int, patience: float) -> list[tuple[int, Address]]:
    """A name in a thread: the resolver has no timeout."""
    answer: queue.SimpleQueue[list[tuple[int, Address]] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([(family, address) for family, _, _, _, address in found])
        except (OSError, UnicodeError) as error:
            answer.put(error if isinstance(error, OSError) else OSError(0, "not a host name"))

    if is_ip(host):
        ask()
    else:
        threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        result = answer.get(timeout=patience)
    except queue.Empty:
        raise Broken(f"the name {host} was not resolved in time") from None
    if isinstance(result, OSError):
        raise Broken(f"the name {host} cannot be resolved: {_words(result)}") from result
    return result


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the relay took too long"
    if isinstance(error, OSError):
        return error.strerror or "the connection broke"
    return str(error)
