"""A long answer, such as an export or the register, reaches no temporary file on its way to a slow client."""

import http.client
import threading

import pytest
import waitress.buffers
from flask import Flask

from kiosk.web.shared.serve import Door, listen
from tests.waiting import PATIENCE

LENGTH = 5 * 1024 * 1024  # bytes


def test_a_long_answer_is_never_written_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    spooled: list[object] = []
    monkeypatch.setattr(waitress.buffers.TempfileBasedBuffer, "newfile", lambda self: spooled.append(self))
    app = Flask("long")
    app.get("/")(lambda: b"x" * LENGTH)
    with listen("127.0.0.1:0") as listener:
        door = Door(app, listener, "long", ended=threading.Event())
        door.start()
        connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse().read(LENGTH)
        finally:
            connection.close()
            door.stop()
            door.join()
    assert (len(answer), spooled) == (LENGTH, [])
