"""A door under a crowd of connections that only wait, and a door that breaks."""

import http.client
import socket
import threading
import urllib.parse
from collections.abc import Iterator

import pytest
from flask import Flask

from kiosk.web.shared import fair_queue, serve
from kiosk.web.shared.serve import Door, listen
from tests.processes import free_port
from tests.waiting import until
from tests.web.rounds import Rounds

PATIENCE = 20.0  # seconds: many times what an answer takes, and less than the 30 after which silent connections end
HALF_A_POST = b"POST /fr/report/other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ndescr"
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: local"


class Open:
    """A door that is open, and how to talk to it."""

    def __init__(self, app: Flask) -> None:
        self.port = free_port()
        self.ended = threading.Event()
        self.door = Door(app, listen(f"127.0.0.1:{self.port}"), "public door", ended=self.ended)
        self.rounds = Rounds(self.door)
        self.door.start()

    def connect(self, words: bytes = b"", *, source: str = "127.0.0.1") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE, source_address=(source, 0))
        connection.sendall(words)
        return connection

    def report(self, text: str, *, seconds: float = PATIENCE) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/fr/report/other", urllib.parse.urlencode({"description": text}), headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    def close(self) -> None:
        self.door.stop()
        self.door.join()


@pytest.fixture
def open_door(app: Flask) -> Iterator[Open]:
    opened = Open(app)
    yield opened
    opened.close()


@pytest.mark.parametrize("words", [b"", HALF_A_HEAD, HALF_A_POST])
def test_no_crowd_that_only_waits_keeps_a_reporter_out(open_door: Open, words: bytes) -> None:
    crowd = [open_door.connect(words) for _ in range(serve.CONNECTIONS + 50)]
    assert open_door.report("un doute") == 303
    for connection in crowd:
        connection.close()


def test_a_crowd_that_keeps_dripping_does_not_either(open_door: Open) -> None:
    crowd = [open_door.connect(HALF_A_HEAD) for _ in range(serve.CONNECTIONS - 20)]
    for _ in range(3):
        for connection in crowd:
            try:
                connection.sendall(b"x")
            except OSError:  # it had to leave
                continue
        assert open_door.report("un doute") == 303
    for connection in crowd:
        connection.close()


def test_a_slow_sender_is_heard_out_as_long_as_nobody_is_kept_waiting(open_door: Open) -> None:
    slow = open_door.connect(b"POST /fr/report/other HTTP/1.1\r\nHost: localhost\r\n")
    crowd = [open_door.connect() for _ in range(fair_queue.CROWDED - 50)]  # who is older leaves sooner
    for words in (
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        b"Content-Length: 14\r\n\r\n",
        b"description=",
        b"ab",
    ):
        open_door.rounds.wait_for(1)
        slow.sendall(words)
    assert slow.recv(12) == b"HTTP/1.1 303"
    for connection in [slow, *crowd]:
        connection.close()


def test_a_flood_of_headers_is_refused_and_the_next_reporter_is_not(open_door: Open) -> None:
    flood = open_door.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Flood: 1\r\n" * 4000 + b"\r\n")
    assert b" 431 " in flood.recv(1000)
    flood.close()
    assert open_door.report("un doute") == 303


def test_a_door_that_breaks_says_so_instead_of_looking_open(
    open_door: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(longest: float) -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(open_door.door, "_turn", fail)
    with open_door.connect():
        assert open_door.ended.wait(PATIENCE)
    assert open_door.door.failed
    assert "public door has closed by itself" in caplog.text


@pytest.fixture
def resting_door(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Nothing but what arrives or is done wakes it."""
    monkeypatch.setattr(serve, "QUIET", 3600.0)
    opened = Open(app)
    until(lambda: opened.rounds.count > 0)
    yield opened
    opened.close()


def test_a_door_that_rests_answers_at_once(resting_door: Open) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", resting_door.port, timeout=PATIENCE)
    for _ in range(3):
        connection.request("GET", "/ping")
        assert connection.getresponse().status == 204
    connection.close()


def test_a_door_that_rests_stops_at_once(resting_door: Open) -> None:
    resting_door.close()
    assert resting_door.ended.is_set()
