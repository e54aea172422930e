"""Forwarded headers through a real server: believed from the proxy that is named, and from nobody else."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, jsonify, request

from kiosk.web.shared.hosts import PROXY_HEADERS, comes_from_here
from kiosk.web.shared.serve import Door, listen
from tests.waiting import PATIENCE

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=203.0.113.99;host=evil.example",
}
Ask = Callable[..., dict[str, str]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Starts a door behind ``proxy`` and says what its view sees of a request with forwarded headers."""
    with ExitStack() as stack:

        def through(proxy: str) -> dict[str, str]:
            app = Flask("echo")
            app.get("/")(lambda: jsonify(address=request.remote_addr, scheme=request.scheme, host=request.host))
            listener = stack.enter_context(listen("127.0.0.1:0"))
            door = Door(app, listener, "echo", ended=threading.Event(), proxy=proxy)
            door.start()
            stack.callback(door.join)
            stack.callback(door.stop)
            connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=PATIENCE)
            connection.request("GET", "/", headers={**FORWARDED, "Host": "console.example"})
            seen: dict[str, str] = json.loads(connection.getresponse().read())
            connection.close()
            return seen

        yield through


@pytest.mark.parametrize("proxy", ["", "127.0.0.2"])
def test_nobody_can_pass_for_somebody_else(ask: Ask, proxy: str) -> None:
    assert ask(proxy) == {"address": "127.0.0.1", "scheme": "http", "host": "console.example"}


@pytest.mark.parametrize("header", PROXY_HEADERS)
def test_a_proxy_on_this_machine_that_nobody_named_is_not_this_machine(header: str) -> None:
    """Its visitors all come from loopback, and under its name if it sends no other."""
    app = Flask("echo")
    app.get("/")(lambda: jsonify(here=comes_from_here()))
    with listen("127.0.0.1:0") as listener:
        door = Door(app, listener, "echo", ended=threading.Event())
        door.start()
        connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=PATIENCE)
        seen = []
        for headers in ({}, {header: "https"}):
            connection.request("GET", "/", headers=headers)
            seen.append(json.loads(connection.getresponse().read())["here"])
        connection.close()
        door.stop()
        door.join()
    assert seen == [True, False]


def test_the_named_proxy_says_who_came_and_that_it_was_by_tls(ask: Ask) -> None:
    """Of several addresses only the one that the proxy itself has seen; never the host."""
    assert ask("127.0.0.1") == {"address": "198.51.100.7", "scheme": "https", "host": "console.example"}
