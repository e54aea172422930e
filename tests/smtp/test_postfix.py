"""The same journey to relays that others wrote: Postfix's smtp-sink with refusals of its own, and Postfix itself."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.config import Settings
from kiosk.store.base.connection import open_database
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.relay import relay_state
from kiosk.store.outbox.undelivered import undelivered
from tests.build import MAILS, store
from tests.processes import Kiosk, Program
from tests.smtp.courier import Hand, hand_to
from tests.smtp.local_postfix import LocalPostfix
from tests.smtp.postfix import Programs, SmtpSink, Unavailable, find_programs
from tests.waiting import until


@pytest.fixture(scope="session")
def postfix() -> Programs:
    try:
        return find_programs()
    except Unavailable as error:
        pytest.skip(f"no real peer: {error}")


REFUSES_FOR_GOOD, REFUSES_FOR_NOW, HANGS_UP, SAYS_421 = "-f", "-r", "-q", "-Q"
ALWAYS = (REFUSES_FOR_GOOD, REFUSES_FOR_NOW, HANGS_UP, SAYS_421)

# The command, and what becomes of the mail for each way of refusing it, in the order of ALWAYS.
EXPECTED = {
    "CONNECT": ("relay", "relay", "relay", "relay"),
    "EHLO": ("relay", "relay", "relay", "relay"),
    "MAIL": ("held", "deferred", "deferred", "deferred"),
    "RCPT": ("held", "deferred", "deferred", "deferred"),
    "DATA": ("held", "deferred", "deferred", "deferred"),
    ".": ("held", "deferred", "ambiguous", "deferred"),
    "RSET": ("sent", "sent", "sent", "sent"),  # never said to a relay that took the mail before
    "QUIT": ("sent", "sent", "sent", "sent"),
}
CASES = [
    (how, command, verdict)
    for command, verdicts in EXPECTED.items()
    for how, verdict in zip(ALWAYS, verdicts, strict=True)
]


def verdict_on_the_only_mail(hand: Hand) -> str:
    waiting = undelivered(hand.db)
    if not waiting:
        return "sent"
    if waiting[0].state == "held":
        return "held"
    if relay_state(hand.db).state == "down":
        return "relay" if waiting[0].attempts == 0 else "counted although nothing was tried"
    return "ambiguous" if "delivery_ambiguous" in hand.actions() else "deferred"


@pytest.mark.parametrize(("how", "command", "verdict"), CASES, ids=lambda value: str(value))
def test_a_refusal_of_smtp_sink_has_the_documented_verdict_and_then_mails_pass(
    settings: Settings, postfix: Programs, how: str, command: str, verdict: str
) -> None:
    with SmtpSink(postfix, how, command) as refusing, hand_to(settings, refusing.port) as hand:
        store(hand.db, reference="000-000-000")
        hand.deliver_all()
        assert verdict_on_the_only_mail(hand) == verdict
    left = 0 if verdict == "sent" else 1
    with SmtpSink(postfix, port=refusing.port) as good, hand_to(settings, good.port) as hand:
        hand.wait(minutes=20)
        deliveries.retry_now(hand.db, reference=None, actor="test", now=hand.moment)
        store(hand.db, reference="000-000-001", now=hand.moment)
        assert hand.deliver_all() == left + 1
        assert undelivered(hand.db) == []
    assert good.taken == left + 1


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="a Postfix of one's own wants root: not tried against a real one")
def test_reports_reach_a_maildir_through_a_real_postfix_once_each_and_unchanged(
    tmp_path: Path, postfix: Programs
) -> None:
    with LocalPostfix(postfix) as relay:
        environment = {"KIOSK_SMTP__HOST": "127.0.0.1", "KIOSK_SMTP__PORT": str(relay.port)}
        environment["KIOSK_SMTP__SECURITY"] = "none"
        with Kiosk("--no-forwarder", instance=tmp_path / "instance", environment=environment) as kiosk:
            for _ in range(20):
                fields = {"submission_id": str(uuid4()), "description": "la porte reste ouverte"}
                assert kiosk.post("/fr/report/access_control_disabled", fields)[0] == 200
        with open_database(tmp_path / "instance/kiosk.db") as db:
            queued = {row[0] for row in db.execute(MAILS)}
        with Program("forward", "--once", instance=tmp_path / "instance", environment=environment) as forward:
            assert forward.ends() == 0
        until(lambda: len(relay.mails) >= 20, told=lambda: relay.log)
        arrived = relay.mails
        assert len(arrived) == 20
        # Postfix puts headers of its own on top, and files lines as Unix does.
        as_sent = [mail.replace(b"\n", b"\r\n") for mail in arrived]
        assert {body for body in queued if sum(mail.endswith(body) for mail in as_sent) == 1} == queued
