"""The whole dialogue against a relay that others wrote: STARTTLS, signing in, two mails on one connection."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from kiosk.config.mail import Security, Smtp
from kiosk.delivery.relay import Envelope, Relay
from kiosk.errors import AuthenticationRefused, MailDeferred, MailRefused
from tests.smtp.certificates import Authority, Certificate
from tests.waiting import PATIENCE

ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")
MAIL = b"Subject: a report\r\n\r\n.dot\r\n..\r\nend\r\n"


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.answers = {"mssi@cpam.example": "250 fine"}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self.answers.get(address, "550 5.1.1 no such user")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        assert session.ssl
        assert session.authenticated
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 2.0.0 taken"


class Peer(Controller):
    def __init__(self, mailbox: Mailbox, certificate: Certificate) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.certificate = certificate
        super().__init__(mailbox, hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
            known = (data.login, data.password) == (b"kiosk", b"not-a-real-one")
            return AuthResult(success=known, handled=False)

        context = self.certificate.server_context()
        return SMTP(
            self.handler, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate
        )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def peer(mailbox: Mailbox, authority: Authority) -> Iterator[Peer]:
    controller = Peer(mailbox, authority.certify("peer"))
    controller.start()
    yield controller
    controller.stop()


def make_relay(peer: Peer, authority: Authority, password: str = "not-a-real-one") -> Relay:
    configured = Smtp(
        host="127.0.0.1",
        port=peer.port,
        security=Security.STARTTLS,
        username="kiosk",
        ca_file=authority.itself.certificate,
    )
    return Relay(configured, password=password, local_hostname="kiosk.example", attempt_limit=PATIENCE)


def test_mails_arrive_over_tls_after_signing_in(peer: Peer, authority: Authority, mailbox: Mailbox) -> None:
    relay = make_relay(peer, authority)
    assert relay.send(ENVELOPE, MAIL) == "250 2.0.0"
    assert relay.send(ENVELOPE, MAIL) == "250 2.0.0"
    relay.close()
    assert mailbox.mails == [("bounce@kiosk.example", ["mssi@cpam.example"], MAIL)] * 2


def test_a_wrong_password_is_said_to_be_one(peer: Peer, authority: Authority, mailbox: Mailbox) -> None:
    with pytest.raises(AuthenticationRefused, match=r"auth: 535"):
        make_relay(peer, authority, "guessed").send(ENVELOPE, MAIL)
    assert mailbox.mails == []


def test_a_refused_and_a_greylisted_recipient_do_not_spoil_the_connection(
    peer: Peer, authority: Authority, mailbox: Mailbox
) -> None:
    relay = make_relay(peer, authority)
    with pytest.raises(MailRefused, match=r"rcpt: 550 5\.1\.1"):
        relay.send(Envelope("bounce@kiosk.example", "nobody@cpam.example", "2"), MAIL)
    mailbox.answers["dpo@cpam.example"] = "450 4.2.0 greylisted"
    with pytest.raises(MailDeferred, match=r"rcpt: 450 4\.2\.0"):
        relay.send(Envelope("bounce@kiosk.example", "dpo@cpam.example", "3"), MAIL)
    relay.send(ENVELOPE, MAIL)
    relay.close()
    assert len(mailbox.mails) == 1
