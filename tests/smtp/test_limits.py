"""Neither time nor memory is the relay's to spend."""

import contextlib
import fcntl
import socket
import struct
import termios
import threading
import time

import pytest

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.dialogue import Dialogue
from kiosk.delivery.relay import Envelope, Relay
from kiosk.delivery.relay_reply import LONGEST_REPLY, Broken
from kiosk.errors import DeliveryError, MailAmbiguous, MailDeferred, MailRefused, RelayUnavailable
from tests.smtp.faults import FAULTS, Speaker
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE, until

ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")
MAIL = b"Subject: a report\r\n\r\ntext\r\n"


def relay_for(port: int, *, attempt_limit: float, io_timeout: float = 30.0, dot_timeout: float = 30.0) -> Relay:
    return Relay(
        Smtp(host="127.0.0.1", port=port, security=Security.NONE),
        password=None,
        local_hostname="kiosk.example",
        attempt_limit=attempt_limit,
        io_timeout=io_timeout,
        dot_timeout=dot_timeout,
    )


PROMPT = 20.0  # seconds: many times the limits below; without them each of these attempts would last 30 at least
BACKLOG = struct.Struct("24xII")  # of struct tcp_info: of a listening socket, connections waiting and allowed


def failure_and_seconds(relay: Relay, mail: bytes = MAIL) -> tuple[DeliveryError, float]:
    started = time.monotonic()
    with pytest.raises(DeliveryError) as raised:
        relay.send(ENVELOPE, mail)
    return raised.value, time.monotonic() - started


@pytest.mark.parametrize("fault", ["endless", "huge line"])
def test_an_endless_answer_is_read_up_to_64_kib_and_not_a_byte_further(fault: str) -> None:
    with FaultServer("banner", fault) as server:
        dialogue = Dialogue("kiosk.example", deadline=time.monotonic() + PATIENCE, patience=PATIENCE)
        dialogue.reach("127.0.0.1", server.port, PATIENCE)
        with pytest.raises(Broken, match="longer than 64 KiB"):
            dialogue.getreply()
        dialogue.close()
        assert LONGEST_REPLY - 4096 < dialogue.received <= LONGEST_REPLY


def test_an_answer_of_many_lines_within_the_limit_is_read_whole() -> None:
    lines = b"\r\n".join(b"250-%04d" % number for number in range(5000)) + b"\r\n250 end"
    with FaultServer(answers={"mail": lines}) as server:
        relay = relay_for(server.port, attempt_limit=PATIENCE)
        relay.send(ENVELOPE, MAIL)
        relay.close()
        assert server.taken == [MAIL]


def test_a_server_that_drips_but_finishes_in_time_gets_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.smtp.faults.DRIP_PAUSE", 0.001)
    with FaultServer("dot", "drip") as server:
        relay = relay_for(server.port, attempt_limit=PATIENCE)
        relay.send(ENVELOPE, MAIL)
        relay.close()
        assert server.taken == [MAIL]


@pytest.mark.parametrize(
    ("step", "verdict"), [("banner", RelayUnavailable), ("rcpt", MailDeferred), ("dot", MailAmbiguous)]
)
def test_dripping_bytes_do_not_extend_the_attempt(step: str, verdict: type[DeliveryError]) -> None:
    with FaultServer(step, "drip") as server:
        error, seconds = failure_and_seconds(relay_for(server.port, attempt_limit=0.5))
    assert type(error) is verdict
    assert 0.5 <= seconds < PROMPT


def test_the_answer_to_the_final_dot_has_a_patience_of_its_own() -> None:
    with FaultServer("dot", "hang") as server:
        relay = relay_for(server.port, attempt_limit=30.0, io_timeout=30.0, dot_timeout=0.3)
        error, seconds = failure_and_seconds(relay)
    assert isinstance(error, MailAmbiguous)
    assert seconds < PROMPT


def test_a_relay_that_stops_reading_a_large_mail_has_not_got_it() -> None:
    with FaultServer("body", "hang") as server:
        error, seconds = failure_and_seconds(relay_for(server.port, attempt_limit=0.6), b"x" * 70 + b"\r\n" * 4_000_000)
    assert isinstance(error, MailDeferred)
    assert error.phase == "body"
    assert seconds < PROMPT


def test_a_relay_that_refuses_a_large_mail_while_it_comes_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_and_stop_reading(speaker: Speaker, step: str) -> None:
        until(lambda: not is_growing(speaker.connection))  # the sender is stuck
        speaker.say(b"552 5.3.4 too large")
        speaker.over.wait(PATIENCE)

    monkeypatch.setitem(FAULTS, "deaf", refuse_and_stop_reading)
    with FaultServer("body", "deaf") as server:
        relay = relay_for(server.port, attempt_limit=PATIENCE, io_timeout=0.6)
        error, _ = failure_and_seconds(relay, b"\r\n" * 4_000_000)
    assert (type(error), error.reply) == (MailRefused, "552 5.3.4")


def is_growing(connection: socket.socket) -> bool:
    """Whether more comes into the kernel's buffer than what waits there already."""
    before = unread(connection)
    time.sleep(0.05)
    return before == 0 or unread(connection) > before


def unread(connection: socket.socket) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))
    return int(count)


def is_full(listener: socket.socket) -> bool:
    """Linux tells of a listening socket how many connections wait to be accepted, and how many may."""
    told = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BACKLOG.size)
    waiting, allowed = BACKLOG.unpack(told)
    return bool(waiting > allowed)


def test_a_relay_that_swallows_packets_costs_one_attempt() -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        until(lambda: is_full(full))
        error, seconds = failure_and_seconds(relay_for(full.getsockname()[1], attempt_limit=0.4))
    assert (type(error), error.phase) == (RelayUnavailable, "connect")
    assert 0.4 <= seconds < PROMPT


def test_a_relay_that_takes_connections_and_never_speaks_costs_one_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error, seconds = failure_and_seconds(relay_for(silent.getsockname()[1], attempt_limit=0.4))
    assert (type(error), error.phase) == (RelayUnavailable, "banner")
    assert seconds < PROMPT


def test_a_tls_handshake_that_never_ends_costs_one_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        configured = Smtp(host="127.0.0.1", port=silent.getsockname()[1], security=Security.TLS)
        relay = Relay(configured, password=None, local_hostname="kiosk.example", attempt_limit=0.4)
        error, seconds = failure_and_seconds(relay)
    assert isinstance(error, RelayUnavailable)
    assert seconds < PROMPT


def test_a_resolver_that_hangs_costs_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def never(*_: object, **__: object) -> list[object]:
        over.wait(PATIENCE)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    configured = Smtp(host="relay.example", security=Security.NONE)
    relay = Relay(configured, password=None, local_hostname="kiosk.example", attempt_limit=0.3)
    error, seconds = failure_and_seconds(relay)
    over.set()
    assert "not resolved in time" in error.reply
    assert seconds < PROMPT


def test_the_second_address_of_a_relay_is_tried_when_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as server:
        addresses = [("127.0.0.1", 9), ("127.0.0.1", server.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        relay = relay_for(server.port, attempt_limit=PATIENCE)
        relay.send(ENVELOPE, MAIL)
        relay.close()
        assert server.taken == [MAIL]


class Clock:
    def __init__(self) -> None:
        self.now = self.start = 1000.0

    @property
    def elapsed(self) -> float:
        return self.now - self.start


class SlowRelay:
    """Stands in for a socket: an answer takes ``pause`` seconds, the last one ``last_pause``, on its own clock."""

    def __init__(self, clock: Clock, pause: float, last_pause: float) -> None:
        self.clock, self.pause, self.last_pause = clock, pause, last_pause
        self.answers = [b"220 a", b"250-b\r\n250 AUTH PLAIN", b"235 c", b"250 d", b"250 e", b"354 f", b"250 taken"]
        self.timeout = 0.0

    def settimeout(self, timeout: float) -> None:
        self.timeout = timeout

    def recv(self, size: int) -> bytes:
        if self.timeout == 0:
            raise BlockingIOError
        pause = self.pause if len(self.answers) > 1 else self.last_pause
        self.clock.now += min(self.timeout, pause)
        if self.timeout < pause:
            raise TimeoutError
        return self.answers.pop(0) + b"\r\n"

    def send(self, data: memoryview) -> int:
        return len(data)

    def close(self) -> None:
        self.answers.clear()


@pytest.mark.parametrize(
    ("pause", "last_pause", "state", "elapsed"),
    [
        (0.0, 599.0, "250", 599.0),
        (0.0, 601.0, "dot: the relay took too long", 600.0),
        (20.0, 599.0, "250", 719.0),
        (30.0, 599.0, "dot: the relay took too long", 720.0),
        (119.0, 119.0, "dot: the relay took too long", 720.0),
        (121.0, 0.0, "banner: the relay took too long", 120.0),
    ],
)
def test_with_the_real_limits_the_dot_gets_ten_minutes_and_the_attempt_twelve(
    monkeypatch: pytest.MonkeyPatch, pause: float, last_pause: float, state: str, elapsed: float
) -> None:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)

    def reach(dialogue: Dialogue, host: str, port: int, patience: float) -> None:
        monkeypatch.setattr(dialogue, "sock", SlowRelay(clock, pause, last_pause))

    monkeypatch.setattr(Dialogue, "reach", reach)
    configured = Smtp(host="relay.example", security=Security.NONE, username="kiosk")
    relay = Relay(configured, password="not-a-real-one", local_hostname="kiosk.example")
    try:
        outcome = relay.send(ENVELOPE, MAIL)
    except DeliveryError as error:
        outcome = str(error)
    assert (outcome, clock.elapsed) == (state, elapsed)


def test_a_failed_attempt_leaves_no_connection_behind() -> None:
    with FaultServer("dot", "garbage") as server:
        relay = relay_for(server.port, attempt_limit=PATIENCE)
        failure_and_seconds(relay)
        assert not relay.connected
