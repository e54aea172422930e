"""A relay that costs next to nothing, in a process of its own: blocking raw sockets, whatever comes is taken.

How many mails it took, and when it took the first and the last of a count and the MSSI's last one, stands in shared
memory; so looking on costs the measured side nothing.
"""

import mmap
import multiprocessing
import os
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

EXTENSIONS = (b"SIZE 10240000", b"8BITMIME", b"DSN")
# Mails taken; moments of the first, the last, and the MSSI's last one, in nanoseconds of the monotonic clock.
TALLY = struct.Struct("=QQQQ")
MSSI = b"<mssi@"
CHUNK = 1 << 18
LOOK_EVERY = 0.002  # seconds
CORES = os.sched_getaffinity(0)
# A relay is another machine: on a core of its own it neither takes the sender's time nor saves it the way to another
# core, which the scheduler would otherwise decide anew for every run (a factor of three for the bare loop).
THE_RELAYS_CORE = {max(CORES)}
THE_SENDERS_CORES = CORES - THE_RELAYS_CORE or CORES


class Sink:
    """Start it in a ``with`` block. ``pipelining``: whether it says that it takes several commands at once."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self._tally = mmap.mmap(-1, TALLY.size)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        offers = [b"sink.invalid", *EXTENSIONS, *([b"PIPELINING"] if pipelining else [])]
        self._greeting = b"".join(b"250-%s\r\n" % offer for offer in offers[:-1]) + b"250 %s\r\n" % offers[-1]
        self._process = multiprocessing.get_context("fork").Process(target=self._serve, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """Every mail leaves alone: the pace of single mails is measured."""
        relay = {"KIOSK_SMTP__HOST": "127.0.0.1", "KIOSK_SMTP__PORT": str(self.port), "KIOSK_SMTP__SECURITY": "none"}
        return {**relay, "KIOSK_MAIL__ALONE_PER_HOUR": "0"}

    def reset(self) -> None:
        """Counts from nothing again; only while nobody sends."""
        TALLY.pack_into(self._tally, 0, 0, 0, 0, 0)

    @property
    def taken(self) -> int:
        return int(TALLY.unpack_from(self._tally)[0])

    @property
    def last_at(self) -> float:
        """Seconds of the monotonic clock, which all processes share."""
        return float(TALLY.unpack_from(self._tally)[2]) / 1e9

    @property
    def last_to_the_mssi_at(self) -> float:
        return float(TALLY.unpack_from(self._tally)[3]) / 1e9

    @property
    def seconds_each(self) -> float:
        """From the first mail to the last, the time for one."""
        count, first, last, _ = TALLY.unpack_from(self._tally)
        return (int(last) - int(first)) / 1e9 / (int(count) - 1)

    def wait_for(self, count: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.taken < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.taken} of {count} mails came in {seconds} seconds")
            time.sleep(LOOK_EVERY)

    def _serve(self) -> None:
        os.sched_setaffinity(0, THE_RELAYS_CORE)
        lock = threading.Lock()
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._converse, args=(connection, lock), daemon=True).start()

    def _converse(self, connection: socket.socket, lock: threading.Lock) -> None:
        """Answers go out together as soon as no command is left to be read, as Postfix does it."""
        unread, answers, recipient = b"", b"220 sink.invalid ESMTP\r\n", b""
        with connection:
            while True:
                command, end, rest = unread.partition(b"\r\n")
                if not end:
                    connection.sendall(answers)
                    received = connection.recv(CHUNK)
                    if not received:
                        return
                    unread, answers = unread + received, b""
                    continue
                unread, verb = rest, command[:4].upper()
                if verb == b"DATA":
                    connection.sendall(answers + b"354 go on\r\n")
                    unread = _behind_the_mail(connection, unread)
                    self._count(lock, recipient)
                    answers = b"250 2.0.0 taken\r\n"
                elif verb == b"QUIT":
                    connection.sendall(answers + b"221 2.0.0 bye\r\n")
                    return
                else:
                    recipient = command if verb == b"RCPT" else recipient
                    answers += self._greeting if verb == b"EHLO" else b"250 2.0.0 fine\r\n"

    def _count(self, lock: threading.Lock, recipient: bytes) -> None:
        now = time.monotonic_ns()
        with lock:
            count, first, _, mssi = TALLY.unpack_from(self._tally)
            mssi = now if MSSI in recipient else mssi
            TALLY.pack_into(self._tally, 0, count + 1, first or now, now, mssi)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._listener.close()
        self._tally.close()


def _behind_the_mail(connection: socket.socket, text: bytes) -> bytes:
    """Bytes that were read behind the final dot."""
    while (end := text.find(b"\r\n.\r\n")) < 0:
        received = connection.recv(CHUNK)
        if not received:
            return b""
        text += received
    return text[end + 5 :]
