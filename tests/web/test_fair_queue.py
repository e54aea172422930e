"""One visitor who floods a door, and everybody else: the flood waits for itself."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, request

from kiosk.web.shared import fair_queue, serve
from kiosk.web.shared.serve import Door, listen
from tests.waiting import PATIENCE, until
from tests.web.rounds import Rounds

ASK = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHARE = serve.THREADS // 4
HALF, REST = ASK[:20], ASK[20:]
FLOOD, HONEST = "127.0.0.2", "127.0.0.3"


class Hall:
    """A door whose answers to /slow wait until somebody lets them go; ``asked``: whose turn came, in order."""

    def __init__(self, stack: ExitStack, proxy: str = "") -> None:
        self.asked: list[str] = []
        self.gate = threading.Semaphore(0)
        app = Flask("hall")
        app.get("/slow")(self._answer)
        app.get("/large")(lambda: bytes(256 * 1024))
        listener = stack.enter_context(listen("127.0.0.1:0"))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that who does not read is noticed
        self._address = listener.getsockname()
        self.door = Door(app, listener, "hall", ended=threading.Event(), proxy=proxy)
        self.rounds = Rounds(self.door)
        self.door.start()
        stack.callback(self.door.join)
        stack.callback(self.door.stop)
        stack.callback(lambda: self.let_go(1000))
        self._stack = stack

    def _answer(self) -> str:
        self.asked.append(request.remote_addr or "")
        self.gate.acquire()
        return "at last"

    def connect(self, source: str, words: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self._address, timeout=PATIENCE, source_address=(source, 0))
        self._stack.callback(connection.close)
        connection.sendall(words)
        return connection

    def let_go(self, count: int) -> None:
        for _ in range(count):
            self.gate.release()

    @property
    def waiting(self) -> int:
        return len(self.door._server.task_dispatcher.queue)


@pytest.fixture
def hall() -> Iterator[Hall]:
    with ExitStack() as stack:
        yield Hall(stack)


def test_one_client_never_holds_more_than_a_quarter_of_the_threads(hall: Hall) -> None:
    for _ in range(serve.THREADS + 40):
        hall.connect(FLOOD, ASK)
    until(lambda: hall.waiting == serve.THREADS - SHARE + 40)
    hall.connect(HONEST, ASK)
    until(lambda: HONEST in hall.asked)
    assert hall.asked.count(FLOOD) == SHARE
    hall.let_go(SHARE + 1)
    until(lambda: hall.asked.count(FLOOD) > SHARE)


def test_a_client_with_many_requests_waits_behind_itself_alone(hall: Hall) -> None:
    crowds = [f"127.0.1.{number}" for number in range(fair_queue.LEAST_CLIENTS)]
    for crowd in crowds:
        for _ in range(SHARE + 10):
            hall.connect(crowd, ASK)
    until(lambda: hall.waiting == 40)
    hall.connect(HONEST, ASK)
    until(lambda: hall.waiting == 41)
    hall.let_go(5)
    until(lambda: len(hall.asked) == serve.THREADS + 5)
    assert hall.asked[-5:].count(HONEST) == 1


def test_where_many_wait_nobody_has_more_than_a_quarter_of_the_turns(hall: Hall) -> None:
    """Four of the eight are below their share at any moment."""
    crowds = [f"127.0.1.{number}" for number in range(2 * fair_queue.LEAST_CLIENTS)]
    for crowd in crowds:
        for _ in range(30 if crowd == crowds[0] else 8):
            hall.connect(crowd, ASK)
    until(lambda: hall.waiting == 30 + 7 * 8 - serve.THREADS)
    for turn in range(30):
        if turn == 20:
            hall.connect(HONEST, ASK)
            until(lambda: hall.waiting == 30 + 7 * 8 - serve.THREADS - 20 + 1)
        hall.let_go(1)
        until(lambda turn=turn: len(hall.asked) == serve.THREADS + turn + 1)
    turns = hall.asked[serve.THREADS :]
    assert HONEST in turns[20 : 20 + len(crowds) + 1]
    for first in range(len(turns) - fair_queue.LEAST_CLIENTS + 1):
        window = turns[first : first + fair_queue.LEAST_CLIENTS]
        assert len(set(window)) == len(window), turns


def test_a_request_that_fails_gives_its_thread_back(hall: Hall) -> None:
    for _ in range(SHARE + 1):
        hall.connect(FLOOD, b"nonsense\r\n\r\n")
    for _ in range(SHARE):
        hall.connect(FLOOD, ASK)
    until(lambda: hall.asked.count(FLOOD) == SHARE)


def test_behind_a_proxy_visitors_are_told_apart_by_its_word() -> None:
    def as_sent_for(visitor: str) -> bytes:
        return ASK[:-2] + f"X-Forwarded-For: 10.9.9.9, {visitor}\r\n\r\n".encode()

    with ExitStack() as stack:
        hall = Hall(stack, proxy="127.0.0.1")
        for _ in range(SHARE + 40):
            hall.connect("127.0.0.1", as_sent_for(FLOOD))
        until(lambda: hall.waiting == 40)
        hall.connect("127.0.0.1", as_sent_for(HONEST))
        until(lambda: HONEST in hall.asked)
        assert hall.asked.count(FLOOD) == SHARE


def test_a_crowd_that_waits_for_answers_cuts_nobody_off_who_is_still_speaking(hall: Hall) -> None:
    for _ in range(fair_queue.CROWDED + 50):
        hall.connect(FLOOD, ASK)
    until(lambda: hall.waiting > fair_queue.CROWDED)
    honest = hall.connect(HONEST, HALF)
    hall.rounds.wait_for(3)
    honest.sendall(REST)
    until(lambda: HONEST in hall.asked)
    hall.let_go(500)
    assert honest.recv(15) == b"HTTP/1.1 200 OK"


def test_one_visitor_cannot_hold_every_connection(hall: Hall) -> None:
    for _ in range(serve.CONNECTIONS + 50):
        try:
            hall.connect(FLOOD, ASK)
        except OSError:  # more than their share
            continue
    honest = hall.connect(HONEST, ASK)
    until(lambda: HONEST in hall.asked)
    hall.let_go(1000)
    assert honest.recv(15) == b"HTTP/1.1 200 OK"


def test_answers_that_nobody_reads_keep_nobody_out(hall: Hall) -> None:
    for _ in range(serve.CONNECTIONS + 50):
        hall.connect(FLOOD, ASK.replace(b"slow", b"large"))
    hall.let_go(1)
    assert hall.connect(HONEST, ASK).recv(15) == b"HTTP/1.1 200 OK"


def test_a_machine_is_known_by_what_it_cannot_change_at_will() -> None:
    assert fair_queue.machine("2001:db8:1:2:aaaa::1") == fair_queue.machine("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::"
    assert fair_queue.machine("::ffff:10.0.0.7") == fair_queue.machine("10.0.0.7") == "10.0.0.7"
    assert fair_queue.machine("who knows") == "who knows"
