"""A relay on raw sockets that can misbehave at one step, in one way, and is a good relay before and after."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

from tests.smtp.faults import FAULTS, Gone, Speaker

RIGHT_ANSWERS = {
    "banner": b"220 relay.example ESMTP",
    "starttls": b"220 2.0.0 go ahead",
    "username": b"334 VXNlcm5hbWU6",
    "password": b"334 UGFzc3dvcmQ6",
    "auth": b"235 2.7.0 welcome",
    "mail": b"250 2.1.0 sender fine",
    "rcpt": b"250 2.1.5 recipient fine",
    "data": b"354 end with a dot",
    "dot": b"250 2.0.0 taken as 42",
    "quit": b"221 2.0.0 bye",
    "rset": b"250 2.0.0 forgotten",
}
SERVER_PATIENCE = 60.0


class FaultServer:
    """``fault`` strikes at ``step`` on the first ``struck_connections`` connections.

    ``answers`` replaces right answers; a relay that is not ``strict`` says 354 to DATA even without a recipient.
    """

    def __init__(
        self,
        step: str = "",
        fault: str = "",
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        extensions: tuple[str, ...] = ("AUTH PLAIN LOGIN", "SIZE 10000000", "DSN"),
        struck_connections: int = 1,
        strict: bool = True,
        answers: dict[str, bytes] | None = None,
        port: int = 0,
    ) -> None:
        self.step, self.fault = step, fault
        self.tls, self.implicit_tls = tls, implicit_tls
        self.extensions = extensions
        self.struck_connections = struck_connections
        self.strict = strict
        self.answers = RIGHT_ANSWERS | (answers or {})
        self.port = port
        self.taken: list[bytes] = []
        self.commands: list[str] = []
        self.in_clear = b""
        self.connections = 0
        self.over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._visits: list[Visit] = []
        self._listener = socket.socket()
        # Small, so that a mail which the relay does not read blocks its sender soon.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(8)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for visit in self._visits:
            visit.break_off()
        for thread in self._threads:
            thread.join(SERVER_PATIENCE)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection, self.connections <= self.struck_connections)

    def _serve(self, connection: socket.socket, is_struck: bool) -> None:
        visit = Visit(self, connection, is_struck)
        self._visits.append(visit)
        with contextlib.suppress(Gone, OSError):
            visit.run()
        visit.hang_up()


class Visit(Speaker):
    """One connection."""

    def __init__(self, server: FaultServer, connection: socket.socket, is_struck: bool) -> None:
        super().__init__(connection, server.over)
        self.server = server
        self.is_struck = is_struck
        self.is_secure = False
        self.unread = b""
        self.mails = 0
        self.has_sender = self.has_recipient = False
        connection.settimeout(SERVER_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        if self.server.implicit_tls:
            self.start_tls()
        self.answer("banner")
        while True:
            line = self.line()
            self.server.commands.append(line)
            verb = line.partition(" ")[0].lower()
            getattr(self, f"on_{verb}", self.on_anything_else)(line)

    def on_ehlo(self, line: str) -> None:
        self.answer("ehlo")

    def on_starttls(self, line: str) -> None:
        if self.answer("starttls"):
            self.start_tls()

    def on_auth(self, line: str) -> None:
        if line.upper() == "AUTH LOGIN":
            for prompt in ("username", "password"):
                if not self.answer(prompt):
                    return
                self.server.commands.append(self.line())
        self.answer("auth")

    def on_mail(self, line: str) -> None:
        self.has_recipient = False
        self.has_sender = self.answer("second" if self.mails else "mail") or self.server.fault == "wrong 2xx"

    def on_rcpt(self, line: str) -> None:
        if self.server.strict and not self.has_sender:
            self.say(b"503 5.5.1 MAIL first")
        else:
            self.has_recipient = self.answer("rcpt") or self.server.fault == "wrong 2xx"

    def on_data(self, line: str) -> None:
        if self.server.strict and not self.has_recipient:
            self.say(b"554 5.5.1 no valid recipients")
        elif self.answer("data"):
            self.take_mail()

    def on_rset(self, line: str) -> None:
        self.has_sender = self.has_recipient = False
        self.answer("rset")

    def on_quit(self, line: str) -> None:
        self.answer("quit")
        raise Gone

    def on_anything_else(self, line: str) -> None:
        self.say(b"500 5.5.1 what?")

    def answer(self, step: str) -> bool:
        """True when the dialogue goes on as it should, False after a fault or a refusal."""
        said_at = "mail" if step == "second" else step
        if self.is_struck and step == self.server.step:
            FAULTS[self.server.fault](self, said_at)
            return False
        words = self.greeting() if step == "ehlo" else self.server.answers[said_at]
        self.say(words)
        return words[:1] in b"23"

    def greeting(self) -> bytes:
        offers = ["relay.example", *self.server.extensions]
        if self.server.tls and not self.is_secure:
            offers.append("STARTTLS")
        return "\r\n".join([f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]).encode()

    def take_mail(self) -> None:
        if self.is_struck and self.server.step == "body":
            self.receive()
            self.answer("body")
            while True:  # whatever else comes is not a mail any more
                self.unread = b""
                self.receive()
        text = b"\r\n" + self.unread
        while b"\r\n.\r\n" not in text:
            self.unread = b""
            self.receive()
            text += self.unread
        mail, _, self.unread = text.partition(b"\r\n.\r\n")
        self.mails += 1
        refuses = self.is_struck and self.server.step == "dot" and self.server.fault[0] in "45"
        if not refuses and self.server.answers["dot"][:1] == b"2":
            self.server.taken.append((mail + b"\r\n").replace(b"\r\n..", b"\r\n.")[2:])
        self.answer("dot")

    def start_tls(self) -> None:
        if self.server.tls is None:
            raise Gone
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.is_secure = True

    def line(self) -> str:
        while b"\n" not in self.unread:
            self.receive()
        line, _, self.unread = self.unread.partition(b"\n")
        return line.decode("latin-1").rstrip("\r")

    def receive(self) -> None:
        data = self.connection.recv(4096)
        if not data:
            raise Gone
        if not self.is_secure:
            self.server.in_clear += data
        self.unread += data
