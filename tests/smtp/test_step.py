"""What one step of the forwarder does with each verdict of the relay; the relay and the database are real."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk.config import Settings
from kiosk.delivery import courier, step
from kiosk.delivery.credentials import make_relay
from kiosk.delivery.relay_reply import RelayReply
from kiosk.delivery.step import put_back
from kiosk.domain.purposes import Purpose
from kiosk.errors import NotConfirmed
from kiosk.store.base.connection import open_database
from kiosk.store.outbox import claims, deliveries, outcomes
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.relay import relay_state
from kiosk.store.outbox.undelivered import undelivered
from tests.build import store
from tests.processes import Inbox, free_port
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import FaultServer

LAST_REPLY = "SELECT last_reply FROM deliveries"


def test_a_mail_that_the_relay_takes_is_sent_and_its_code_is_kept(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        assert hand.deliver_all() == 1
        assert relay.taken == [b"Subject: x\r\n\r\ntext\r\n"]
        assert hand.db.execute(LAST_REPLY).fetchone()[0] == "250 2.0.0"
        assert hand.actions() == ["report_received", "relay_up", "delivery_sent"]


def test_what_a_bounce_brings_back_says_what_the_mail_was_for(settings: Settings) -> None:
    alarm = NewDelivery("mssi", "<x.alarm.mssi@kiosk.invalid>", b"Subject: x\r\n\r\ntext\r\n", purpose=Purpose.ALARM)
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        deliveries.submit_test(hand.db, alarm, site="siege", actor="x", now=hand.moment)
        hand.deliver_all()
        sent = [command.rpartition("ENVID=")[2] for command in relay.commands if command.startswith("MAIL")]
    assert sent == ["7K4-92Q-MX3.1", "alarm.2"]


def store_backlog(hand: Hand, count: int) -> None:
    for number in range(count):
        store(hand.db, reference=f"000-000-{number:03d}")


def test_a_backlog_uses_one_connection(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store_backlog(hand, 20)
        assert hand.deliver_all() == 20
        assert relay.connections == 1


class Witness(Inbox):
    """At each MAIL FROM, looks into the database: how many deliveries are marked as sent, how many are claimed."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.database = database
        self.seen: list[tuple[int, int]] = []

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        with open_database(self.database) as db:
            counted = dict(db.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
        self.seen.append((counted.get("sent", 0), counted.get("sending", 0)))
        return "250 2.1.0 fine"


def test_each_mark_and_the_next_claim_are_written_before_the_next_mail_begins(settings: Settings) -> None:
    with Witness(settings.database) as relay, hand_to(settings, relay.port) as hand:
        store_backlog(hand, 5)
        assert hand.deliver_all() == 5
        assert relay.seen == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]


def test_a_backlog_costs_one_commit_a_mail(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store_backlog(hand, 20)
        statements: list[str] = []
        hand.db.conn.set_trace_callback(statements.append)
        assert hand.deliver_all() == 20
        hand.db.conn.set_trace_callback(None)
        first_claim, relay_is_up = 1, 1
        assert statements.count("COMMIT") == first_claim + relay_is_up + 20


def test_a_stop_in_the_middle_of_a_backlog_leaves_no_mail_in_doubt(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store_backlog(hand, 3)
        assert hand.deliver()
        assert hand.count("sending") == 1
        put_back(hand.courier)
        assert claims.release_open_claims(hand.db, wait=timedelta(0), now=hand.moment) == 0
        assert [(line.state, line.attempts) for line in undelivered(hand.db)] == [("queued", 0)] * 2
        assert hand.deliver_all() == 2
        assert len(relay.taken) == 3


def test_a_courier_that_is_asked_to_stop_claims_nothing_more(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store_backlog(hand, 2)
        hand.stop.set()
        hand.deliver()
        assert (hand.count("sent"), hand.count("sending"), hand.count("queued")) == (1, 0, 1)


def test_a_relay_that_is_not_there_is_backed_off_and_the_mail_is_not(settings: Settings) -> None:
    with hand_to(settings, free_port()) as hand:
        store(hand.db)
        assert not hand.deliver()
        state = relay_state(hand.db)
        assert (state.state, state.failures) == ("down", 1)
        assert state.next_try_at == hand.moment + timedelta(seconds=5)
        assert not hand.deliver()
        assert hand.db["attempts"].count == 1
        assert [line.attempts for line in undelivered(hand.db)] == [0]


def test_a_relay_that_comes_back_gets_the_mail_within_a_minute(settings: Settings) -> None:
    port = free_port()
    with hand_to(settings, port) as hand:
        store(hand.db)
        for _ in range(200):
            hand.deliver()
            hand.wait(seconds=30)
        assert relay_state(hand.db).next_try_at - hand.moment <= timedelta(seconds=60)
        assert hand.actions().count("relay_down") == 1


@pytest.mark.parametrize(
    ("step", "fault", "state", "event"),
    [
        ("rcpt", "450", "queued", None),
        ("rcpt", "550", "held", "delivery_held"),
        ("dot", "close", "queued", "delivery_ambiguous"),
        ("dot", "554", "held", "delivery_held"),
        ("dot", "451", "queued", None),
    ],
)
def test_each_verdict_puts_the_delivery_where_it_belongs(
    settings: Settings, step: str, fault: str, state: str, event: str | None
) -> None:
    with FaultServer(step, fault) as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
        line = undelivered(hand.db)[0]
        assert (line.state, line.attempts) == (state, 1)
        assert (event in hand.actions()) if event else hand.actions() == ["report_received", "relay_up"]


def test_an_ambiguous_mail_is_sent_again_after_ten_minutes_with_the_same_bytes_and_marked(settings: Settings) -> None:
    with FaultServer("dot", "close") as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
        hand.wait(seconds=599)
        assert hand.deliver_all() == 0
        hand.wait(seconds=2)
        assert hand.deliver_all() == 1
        assert len(set(relay.taken)) == 1
        envelopes = [command for command in relay.commands if command.startswith("MAIL")]
        assert "possible-duplicate" not in envelopes[0]
        assert "possible-duplicate" in envelopes[-1]


def test_refused_credentials_pause_all_sending_for_a_quarter_of_an_hour(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong")
    with (
        FaultServer("auth", "550") as relay,
        hand_to(settings, relay.port, username="kiosk", password_file=secret) as hand,
    ):
        hand.courier.relay._password = "wrong"
        store(hand.db)
        assert not hand.deliver()
        assert relay_state(hand.db).state == "refused"
        hand.wait(minutes=14)
        assert hand.deliver_all() == 0
        assert relay.connections == 1
        hand.wait(minutes=1)
        hand.courier.relay._password = "right"
        assert hand.deliver_all() == 1


def test_a_fault_of_ours_costs_that_mail_a_wait_and_the_others_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = step._envelope

    def broken(configured: Settings, claim: claims.Claim) -> object:
        if claim.reference == "000-000-000":
            raise TypeError("-".join(("MARKER", "3310")))
        return real(configured, claim)

    monkeypatch.setattr(step, "_envelope", broken)
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db, reference="000-000-000")
        store(hand.db, reference="000-000-001")
        assert hand.deliver_all() == 1
        assert [line.last_reply for line in undelivered(hand.db)] == ["internal error: TypeError"]
        assert "TypeError" in caplog.text
        assert "MARKER-3310" not in caplog.text


def test_a_fault_of_ours_behind_the_final_dot_leaves_the_mail_in_doubt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(reply: RelayReply) -> str:
        raise TypeError

    monkeypatch.setattr(RelayReply, "status", property(broken))
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        hand.deliver()
        assert "delivery_ambiguous" in hand.actions()
        assert undelivered(hand.db)[0].next_attempt == hand.moment + timedelta(minutes=10)
        assert len(relay.taken) == 1


def test_a_250_that_cannot_be_recorded_yet_is_recorded_before_anything_else_is_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refusals = outcomes.record_sent, iter([True, True, False, False])

    def reluctant(*arguments: Any, **options: Any) -> claims.Claim | None:
        if next(refusals):
            raise NotConfirmed("the disk is full")
        return real(*arguments, **options)

    monkeypatch.setattr(courier, "INSIST_PAUSE", 0.01)
    monkeypatch.setattr(outcomes, "record_sent", reluctant)
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db, reference="000-000-000")
        store(hand.db, reference="000-000-001")
        assert hand.deliver_all() == 2
        assert len(relay.taken) == 2


def test_when_the_disk_takes_no_claim_nobody_connects(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        store(hand.db)
        pages = hand.db.execute("PRAGMA page_count").fetchone()[0]
        hand.db.execute("CREATE TABLE filler (x BLOB)")
        hand.db.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall()
        hand.db.conn.execute("PRAGMA query_only = 1")
        with pytest.raises(NotConfirmed):
            hand.deliver()
        assert relay.connections == 0


def test_without_a_relay_nothing_is_claimed(settings: Settings) -> None:
    with hand_to(settings, 25, host="") as hand:
        store(hand.db)
        assert not hand.deliver()
        assert hand.db["attempts"].count == 0


@pytest.mark.parametrize("content", [b"mot de pass\xe9\n", b"", b"one\ntwo\n", None])
def test_a_password_file_that_cannot_be_used_is_a_state_of_the_relay(
    content: bytes | None, settings: Settings, tmp_path: Path
) -> None:
    """Steps and daily mail go on beside it, and it is read again at the next connection."""
    secret = tmp_path / "password"
    if content is not None:
        secret.write_bytes(content)
    with FaultServer() as relay, hand_to(settings, relay.port, username="kiosk", password_file=secret) as hand:
        hand.courier.relay = make_relay(hand.courier.settings)
        store(hand.db)
        assert hand.deliver_all() == 0
        state = relay_state(hand.db)
        assert (state.state, "smtp.password_file" in state.last_reply, relay.connections) == ("refused", True, 0)
        secret.write_bytes(b"\xef\xbb\xbfright\r\n")
        hand.courier.relay = make_relay(hand.courier.settings)
        hand.wait(minutes=15)
        assert hand.deliver_all() == 1
