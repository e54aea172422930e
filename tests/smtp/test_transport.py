"""What travels, byte by byte, and how one connection serves many mails."""

import base64
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.config.mail import Security, Smtp
from kiosk.delivery import dialogue
from kiosk.delivery import relay as transport
from kiosk.delivery.relay import Envelope, Phase, Relay
from kiosk.errors import (
    AuthenticationRefused,
    DeliveryError,
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    RelayUnavailable,
)
from tests.smtp.relay import FaultServer
from tests.waiting import PATIENCE

ENVELOPE = Envelope("bounce@kiosk.example", "mssi@cpam.example", "7K4-92Q-MX3.1")
MAIL = b"Subject: a report\r\n\r\ntext\r\n"
PIPELINING = ("SIZE 10000000", "DSN", "PIPELINING")

MakeRelay = Callable[..., Relay]


def relay_for(server: FaultServer, *, username: str = "", password: str | None = None, **limits: float) -> Relay:
    configured = Smtp(host="127.0.0.1", port=server.port, security=Security.NONE, username=username)
    limits = {"attempt_limit": PATIENCE, "io_timeout": PATIENCE, "dot_timeout": PATIENCE} | limits
    return Relay(configured, password=password, local_hostname="kiosk.example", **limits)


@pytest.fixture
def make_relay() -> Iterator[MakeRelay]:
    made: list[Relay] = []

    def make(server: FaultServer, **options: object) -> Relay:
        made.append(relay_for(server, **options))
        return made[-1]

    yield make
    for relay in made:
        relay.close()


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b".\r\n",
        b"..\r\n",
        b"...\r\n.\r\n..\r\n",
        b".hidden\r\n\r\n.\r\nafter\r\n",
        b"\r\n" * 3,
        b"x" * 998 + b"\r\n",
    ],
)
@pytest.mark.parametrize("extensions", [(), PIPELINING], ids=["plain", "pipelined"])
def test_the_bytes_arrive_as_they_were_stored(make_relay: MakeRelay, mail: bytes, extensions: tuple[str, ...]) -> None:
    with FaultServer(extensions=extensions) as server:
        make_relay(server).send(ENVELOPE, mail)
        assert server.taken == [mail]


def test_a_mail_without_a_last_line_end_gets_one_because_smtp_knows_only_whole_lines(make_relay: MakeRelay) -> None:
    with FaultServer() as server:
        relay = make_relay(server)
        relay.send(ENVELOPE, b"no end")
        relay.send(ENVELOPE, b".")
        assert server.taken == [b"no end\r\n", b".\r\n"]


def test_any_lines_arrive_as_they_were_stored(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=PIPELINING) as server:
        relay = make_relay(server)

        @settings(max_examples=150, deadline=None)
        @given(st.lists(st.text(alphabet=".x \t\x00", max_size=6)))
        def round_trip(lines: list[str]) -> None:
            mail = "".join(f"{line}\r\n" for line in lines).encode()
            relay.send(ENVELOPE, mail)
            assert server.taken[-1] == mail

        round_trip()
        assert server.connections == 1


@pytest.mark.parametrize("mail", [b"bare\nline feed\r\n", b"bare\rreturn\r\n", "é\r\n".encode(), b"\n.\r\n"])
def test_bytes_that_relays_read_differently_are_held_and_never_sent(make_relay: MakeRelay, mail: bytes) -> None:
    with FaultServer() as server, pytest.raises(MailRefused):
        make_relay(server).send(ENVELOPE, mail)
    assert not server.commands


@pytest.mark.parametrize(
    "word", ["a b@c.example", "a@c.example>", "<a@c.example", "a@c.example\r\nDATA", "é@c.example"]
)
def test_an_address_cannot_carry_a_command(word: str) -> None:
    with pytest.raises(ValueError, match="address or host name"):
        Envelope(word, "mssi@cpam.example", "1")
    with pytest.raises(ValueError, match="address or host name"):
        Envelope("bounce@kiosk.example", word, "1")
    with pytest.raises(ValueError, match="address or host name"):
        Relay(Smtp(host="127.0.0.1"), password=None, local_hostname=word)


def test_notices_of_failure_are_asked_for_where_offered(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=("DSN", "SIZE")) as server:
        make_relay(server).send(Envelope("b+x@kiosk.example", "m=s@cpam.example", "7K4 92Q"), MAIL)
        assert server.commands[1:3] == [
            f"MAIL FROM:<b+x@kiosk.example> SIZE={len(MAIL)} RET=HDRS ENVID=7K4+2092Q",
            "RCPT TO:<m=s@cpam.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;m+3Ds@cpam.example",
        ]


def test_nothing_is_asked_for_that_is_not_offered(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=()) as server:
        make_relay(server).send(ENVELOPE, MAIL)
        assert server.commands[1:4] == ["MAIL FROM:<bounce@kiosk.example>", "RCPT TO:<mssi@cpam.example>", "DATA"]


def test_a_possible_second_copy_is_marked_in_the_envelope_and_not_in_the_bytes(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=("DSN",)) as server:
        relay = make_relay(server)
        relay.send(Envelope("b@kiosk.example", "m@cpam.example", "x" * 99), MAIL)
        relay.send(Envelope("b@kiosk.example", "m@cpam.example", "x" * 99, repeat=True), MAIL)
        first, second = (command for command in server.commands if command.startswith("MAIL"))
        assert first.endswith(" ENVID=" + "x" * 99)
        assert second.endswith(" ENVID=" + "x" * 81 + ".possible-duplicate")
        assert server.taken == [MAIL, MAIL]


def test_a_mail_larger_than_the_relay_takes_is_held_and_the_next_one_passes(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=("SIZE 100",)) as server:
        relay = make_relay(server)
        with pytest.raises(MailRefused, match="the relay announces to take 100"):
            relay.send(ENVELOPE, b"x" * 99 + b"\r\n")
        relay.send(ENVELOPE, MAIL)
        assert server.taken == [MAIL]
        assert server.connections == 1


@pytest.mark.parametrize("extensions", [(), PIPELINING], ids=["plain", "pipelined"])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("fault", ["450", "550"])
def test_a_refused_mail_leaves_the_connection_to_the_next_one(
    make_relay: MakeRelay, step: str, fault: str, extensions: tuple[str, ...]
) -> None:
    refusal = f"{fault} not this one".encode()
    with FaultServer(extensions=extensions, answers={step: refusal}) as server:
        relay = make_relay(server)
        with pytest.raises(DeliveryError) as raised:
            relay.send(ENVELOPE, MAIL)
        assert (raised.value.phase, raised.value.reply, raised.value.words.encode()) == (step, fault, refusal)
        server.answers |= {step: b"354 go on" if step == "data" else b"250 fine"}
        relay.send(ENVELOPE, MAIL)
        assert server.taken == [MAIL]
        assert server.connections == 1
        assert ("RSET" in server.commands) == (step != "dot")


def test_a_relay_that_cannot_start_anew_is_greeted_again(make_relay: MakeRelay) -> None:
    with FaultServer(answers={"rcpt": b"550 no such user", "rset": b"500 what?"}) as server:
        relay = make_relay(server)
        with pytest.raises(MailRefused):
            relay.send(ENVELOPE, MAIL)
        server.answers["rcpt"] = b"250 fine"
        relay.send(ENVELOPE, MAIL)
        assert server.taken == [MAIL]
        assert server.connections == 2


def test_a_pipelining_relay_that_wants_the_mail_of_a_refused_recipient_never_gets_it(make_relay: MakeRelay) -> None:
    with FaultServer("rcpt", "550", extensions=PIPELINING, strict=False) as server:
        relay = make_relay(server)
        with pytest.raises(MailRefused, match=r"rcpt: 550 5\.1\.1"):
            relay.send(ENVELOPE, MAIL)
        assert not relay.connected
        relay.send(ENVELOPE, MAIL)
        assert server.taken == [MAIL]


def test_a_thousand_mails_need_one_connection(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=PIPELINING) as server:
        relay = make_relay(server)
        for _ in range(1000):
            relay.send(ENVELOPE, MAIL)
        assert len(server.taken) == 1000
        assert server.connections == 1


def test_a_relay_that_hangs_up_on_idle_connections_is_greeted_again_without_a_word(make_relay: MakeRelay) -> None:
    with FaultServer("second", "close", struck_connections=99) as server:
        relay = make_relay(server)
        for _ in range(4):
            relay.send(ENVELOPE, MAIL)
        assert server.connections == 4
        assert server.taken == [MAIL] * 4


def test_an_unused_connection_that_idled_is_opened_again_too(
    make_relay: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "IDLE_AFTER", 0.0)
    with FaultServer("mail", "421, closes") as server:
        relay = make_relay(server)
        relay.open()
        relay.send(ENVELOPE, MAIL)
        assert server.connections == 2
        assert server.taken == [MAIL]


@pytest.mark.parametrize(
    ("step", "fault", "verdict"),
    [
        ("rcpt", "close", MailDeferred),
        ("data", "close", MailDeferred),
        ("body", "close", MailDeferred),
        ("dot", "close", MailAmbiguous),
        ("rcpt", "421, closes", MailDeferred),
        ("dot", "421, closes", MailDeferred),
    ],
)
def test_a_kept_connection_that_breaks_later_does_not_repeat_the_mail_by_itself(
    make_relay: MakeRelay, step: str, fault: str, verdict: type[DeliveryError]
) -> None:
    with FaultServer() as server:
        relay = make_relay(server)
        relay.send(ENVELOPE, MAIL)
        server.step, server.fault = step, fault
        with pytest.raises(verdict):
            relay.send(ENVELOPE, MAIL if step != "body" else MAIL + b"\r\n" * 4_000_000)
        assert server.connections == 1


def test_a_kept_connection_gives_every_mail_its_whole_time(
    make_relay: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, passed = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed)
    with FaultServer() as server:
        relay = make_relay(server, attempt_limit=100.0)
        for _ in range(3):
            relay.send(ENVELOPE, MAIL)
            passed += 70.0
        assert server.connections == 1
        assert server.taken == [MAIL] * 3


def test_an_answer_that_changes_its_mind_half_way_is_no_answer(make_relay: MakeRelay) -> None:
    with FaultServer(answers={"dot": b"250-taken\r\n550 or not"}) as server, pytest.raises(MailAmbiguous):
        make_relay(server).send(ENVELOPE, MAIL)


def test_a_relay_that_always_hangs_up_is_greeted_again_only_once(make_relay: MakeRelay) -> None:
    with FaultServer() as server:
        relay = make_relay(server)
        relay.send(ENVELOPE, MAIL)
        server.answers["mail"] = b"421 not now"
        with pytest.raises(MailDeferred, match="mail: 421"):
            relay.send(ENVELOPE, MAIL)
        assert server.connections == 2
        assert not relay.connected


def test_words_that_come_unasked_after_a_mail_do_not_answer_for_the_next_one(make_relay: MakeRelay) -> None:
    with FaultServer(answers={"dot": b"250 taken\r\n250 sender fine\r\n250 recipient fine"}) as server:
        relay = make_relay(server)
        relay.send(ENVELOPE, MAIL)
        server.answers["dot"] = b"550 not this one"
        with pytest.raises(MailRefused, match="dot: 550"):
            relay.send(ENVELOPE, MAIL)
        assert server.connections == 2


def test_a_relay_that_is_not_there_is_unavailable() -> None:
    with FaultServer() as server:
        port = server.port
    relay = Relay(Smtp(host="127.0.0.1", port=port, security=Security.NONE), password=None, local_hostname="kiosk")
    with pytest.raises(RelayUnavailable, match=r"connect: 127\.0\.0\.1: Connection refused"):
        relay.open()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "bad..name", "x" * 70])
def test_a_name_that_cannot_be_resolved_is_said(host: str) -> None:
    relay = Relay(Smtp(host=host, security=Security.NONE), password=None, local_hostname="kiosk", io_timeout=PATIENCE)
    with pytest.raises(RelayUnavailable, match="resolved"):
        relay.open()


def test_a_relay_known_by_its_address_needs_no_resolver(make_relay: MakeRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "threading", None)
    with FaultServer() as server:
        make_relay(server).open()


def test_a_relay_without_esmtp_is_not_spoken_to_in_the_old_way(make_relay: MakeRelay) -> None:
    with FaultServer("ehlo", "550") as server:
        with pytest.raises(RelayUnavailable, match="ehlo: 550"):
            make_relay(server).open()
        assert server.commands == ["EHLO kiosk.example"]


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_credentials_are_shown_in_the_way_that_the_relay_knows(make_relay: MakeRelay, mechanisms: str) -> None:
    with FaultServer(extensions=(f"AUTH {mechanisms}",)) as server:
        make_relay(server, username="kiosk", password="pässwort").open()
        shown = [base64.b64decode(word.split()[-1]) for word in server.commands[1:] if word.upper() != "AUTH LOGIN"]
        assert b"\0".join(shown).lstrip(b"\0") == "kiosk\0pässwort".encode()


@pytest.mark.parametrize("extensions", [("AUTH GSSAPI NTLM",), ()], ids=["unknown ones", "none"])
def test_a_mechanism_that_is_gone_counts_as_refused_credentials(
    make_relay: MakeRelay, extensions: tuple[str, ...]
) -> None:
    with FaultServer(extensions=extensions) as server:
        with pytest.raises(AuthenticationRefused, match="neither AUTH PLAIN nor LOGIN"):
            make_relay(server, username="kiosk", password="secret").send(ENVELOPE, MAIL)
        assert server.taken == []


def test_a_relay_cannot_steer_the_terminal_that_shows_its_mechanisms(make_relay: MakeRelay) -> None:
    mechanisms = "AUTH \x1b]0;x\x07 \x9b2J " + "NTLM " * 300
    with FaultServer(extensions=(mechanisms,)) as server, pytest.raises(AuthenticationRefused) as caught:
        make_relay(server, username="kiosk", password="secret").open()
    assert caught.value.reply.isascii()
    assert caught.value.reply.isprintable()
    assert len(caught.value.reply) < 600


def test_a_missing_password_is_said_before_anything_is_shown(make_relay: MakeRelay) -> None:
    with FaultServer() as server:
        with pytest.raises(AuthenticationRefused, match="no password"):
            make_relay(server, username="kiosk").open()
        assert server.commands == ["EHLO kiosk.example"]


@pytest.mark.parametrize("answer", [b"535 5.7.8 wrong", b"534 too weak", b"530 no", b"504 unknown"])
def test_refused_credentials_are_shown_once_and_not_again(make_relay: MakeRelay, answer: bytes) -> None:
    with FaultServer(answers={"auth": answer}) as server:
        with pytest.raises(AuthenticationRefused):
            make_relay(server, username="kiosk", password="secret").open()
        assert sum(command.startswith("AUTH") for command in server.commands) == 1


def test_a_password_is_not_shown_to_a_relay_that_refuses_the_name(make_relay: MakeRelay) -> None:
    with FaultServer(extensions=("AUTH LOGIN",), answers={"password": b"535 who?"}) as server:
        with pytest.raises(AuthenticationRefused, match="auth: 535"):
            make_relay(server, username="kiosk", password="secret").open()
        assert server.commands == ["EHLO kiosk.example", "AUTH LOGIN", "a2lvc2s="]


def test_a_relay_that_wants_credentials_we_do_not_have_holds_no_mail(make_relay: MakeRelay) -> None:
    answers = {"mail": b"530 5.7.0 Authentication required"}
    with FaultServer(answers=answers) as server, pytest.raises(AuthenticationRefused, match="mail: 530"):
        make_relay(server).send(ENVELOPE, MAIL)


def test_a_relay_that_quotes_the_password_is_not_quoted(make_relay: MakeRelay) -> None:
    secret = "correct horse"
    shown = base64.b64encode(f"\0kiosk\0{secret}".encode())
    answers = {"auth": b"535 wrong: AUTH PLAIN " + shown + b" is " + secret.encode()}
    with FaultServer(answers=answers) as server, pytest.raises(AuthenticationRefused) as raised:
        make_relay(server, username="kiosk", password=secret).open()
    assert (raised.value.reply, raised.value.words) == ("535", "535 wrong: AUTH PLAIN *** is ***")


def test_goodbye_is_said_and_takes_two_seconds_at_most() -> None:
    with FaultServer("quit", "hang") as server:
        relay = relay_for(server, attempt_limit=30.0, io_timeout=30.0, dot_timeout=30.0)
        relay.send(ENVELOPE, MAIL)
        started = time.monotonic()
        relay.close()
        assert time.monotonic() - started < 20.0, "it did not wait until the relay hung up, nor for its own 30 seconds"
        assert server.commands[-1] == "QUIT"
        assert not relay.connected
        relay.close()


def test_a_mail_opens_the_connection_by_itself_and_open_twice_is_open_once(make_relay: MakeRelay) -> None:
    with FaultServer() as server:
        relay = make_relay(server)
        relay.open()
        relay.open()
        assert relay.connected
        assert relay.send(ENVELOPE, MAIL) == "250 2.0.0"
        assert server.connections == 1
        assert Phase.DOT == "dot"
