"""What a relay can do wrong, by name; each fault is given the connection and the step at which it strikes."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

STEPS = ("banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "second", "quit")

WRONG_2XX = {"ehlo": 220, "mail": 252, "rcpt": 252, "dot": 299, "quit": 200}
WRONG_3XX = {"auth": 334, "data": 350}

HANG_SECONDS = 60.0  # much longer than the limits that tests set
DRIP_PAUSE, DRIPS = 0.05, 1200  # a minute in all


class Gone(Exception):
    """The conversation is over."""


class Speaker:
    """One end of a connection; ``over`` is set when the test is."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.over = over

    def say(self, line: bytes) -> None:
        self.connection.sendall(line + b"\r\n")

    def break_off(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """With a proper end, so that what was said before is not lost to the other side."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        self.connection.close()


Fault = Callable[[Speaker, str], None]


def _close(speaker: Speaker, step: str) -> None:
    raise Gone


def _reset(speaker: Speaker, step: str) -> None:
    speaker.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    speaker.connection.close()
    raise Gone


def _hang(speaker: Speaker, step: str) -> None:
    speaker.over.wait(HANG_SECONDS)
    raise Gone


def _drip(speaker: Speaker, step: str) -> None:
    for byte in b"250 " + b"x" * DRIPS + b"\r\n":
        speaker.connection.sendall(bytes([byte]))
        if speaker.over.wait(DRIP_PAUSE):
            raise Gone


def _endless(speaker: Speaker, step: str) -> None:
    while not speaker.over.is_set():
        speaker.connection.sendall(b"250-and so on\r\n" * 64)


def _saying(*lines: bytes, then_leave: bool = False) -> Fault:
    def say(speaker: Speaker, step: str) -> None:
        for line in lines:
            speaker.connection.sendall(line)
        if then_leave:
            raise Gone

    return say


def _wrong_code(codes: dict[str, int], otherwise: int) -> Fault:
    return lambda speaker, step: speaker.say(b"%d not what you expect" % codes.get(step, otherwise))


FAULTS: dict[str, Fault] = {
    "close": _close,
    "reset": _reset,
    "hang": _hang,
    "421, closes": _saying(b"421 4.3.2 closing\r\n", then_leave=True),
    "421, stays": _saying(b"421 4.3.2 closing\r\n"),
    "450": _saying(b"450 4.2.0 greylisted\r\n"),
    "451": _saying(b"451-4.3.0 local error\r\n", b"451 4.3.0 try again\r\n"),
    "452": _saying(b"452 4.3.1 disk full\r\n"),
    "550": _saying(b"550 5.1.1 no such user\r\n"),
    "554": _saying(b"554 5.7.1 refused by policy\r\n"),
    "garbage": _saying(b"\x00\x1b[31m\xff nonsense\r\n"),
    "empty line": _saying(b"\r\n"),
    "partial": _saying(b"250 o", then_leave=True),
    "huge line": _saying(b"250 " + b"x" * 70_000 + b"\r\n"),
    "wrong 2xx": _wrong_code(WRONG_2XX, 250),
    "wrong 3xx": _wrong_code(WRONG_3XX, 354),
    "drip": _drip,
    "endless": _endless,
}
