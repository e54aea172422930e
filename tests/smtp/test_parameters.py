"""Parameters of MAIL and RCPT that a relay announces, and refuses all the same."""

from contextlib import closing
from typing import Any

import pytest

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.relay import Envelope, Relay
from kiosk.errors import MailRefused
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer
from tests.waiting import PATIENCE

ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")
MAIL = b"Subject: a report\r\n\r\ntext\r\n"
PIPELINING = ("SIZE 10000000", "DSN", "PIPELINING")


def relay_for(server: FaultServer) -> closing[Relay]:
    configured = Smtp(host="127.0.0.1", port=server.port, security=Security.NONE)
    return closing(Relay(configured, password=None, local_hostname="kiosk.example", attempt_limit=PATIENCE))


class Strict(FaultServer):
    """Announces DSN, and refuses at ``where`` with ``code`` a command that has parameters."""

    def __init__(self, where: str, code: str, **options: Any) -> None:
        super().__init__(**options)
        self.where, self.code = where, code
        self.answers = Answers(self, self.answers)


class Answers(dict[str, bytes]):
    def __init__(self, server: Strict, right: dict[str, bytes]) -> None:
        super().__init__(right)
        self.server = server

    def __getitem__(self, step: str) -> bytes:
        if step == self.server.where and "=" in self.server.commands[-1]:
            return f"{self.server.code} no such parameter".encode()
        return super().__getitem__(step)


@pytest.mark.parametrize("extensions", [("DSN", "SIZE 10000"), PIPELINING])
@pytest.mark.parametrize("code", ["501", "504 5.5.4", "555"])
@pytest.mark.parametrize("where", ["mail", "rcpt"])
def test_parameters_that_are_refused_although_announced_are_left_out(
    where: str, code: str, extensions: tuple[str, ...]
) -> None:
    with Strict(where, code, extensions=extensions) as server, relay_for(server) as relay:
        for _ in range(2):
            assert relay.send(ENVELOPE, MAIL) == "250 2.0.0"
        assert server.taken == [MAIL, MAIL]
        assert server.connections == 1
        assert [command for command in server.commands if command.startswith("MAIL")][1:] == [
            "MAIL FROM:<bounce@kiosk.example>",
            "MAIL FROM:<bounce@kiosk.example>",
        ]


@pytest.mark.parametrize("extensions", [("DSN",), PIPELINING])
@pytest.mark.parametrize("where", ["mail", "rcpt"])
def test_what_is_refused_without_parameters_too_is_held_and_was_tried_twice(
    where: str, extensions: tuple[str, ...]
) -> None:
    server = FaultServer(answers={where: b"504 5.5.2 need a full name"}, extensions=extensions)
    with server, relay_for(server) as relay:
        with pytest.raises(MailRefused) as raised:
            relay.send(ENVELOPE, MAIL)
        assert (raised.value.phase, raised.value.reply) == (where, "504 5.5.2")
        assert len([command for command in server.commands if command.startswith("MAIL")]) == 2
        assert server.taken == []


def test_a_refusal_that_is_not_about_parameters_keeps_them_for_the_next_mail() -> None:
    with FaultServer(answers={"rcpt": b"501 5.1.3 bad address"}) as server, relay_for(server) as relay:
        with pytest.raises(MailRefused):
            relay.send(ENVELOPE, MAIL)
        server.answers["rcpt"] = RIGHT_ANSWERS["rcpt"]
        relay.send(ENVELOPE, MAIL)
        assert "ENVID" in [command for command in server.commands if command.startswith("MAIL")][-1]
