"""Digests and a relay, a clock or a certificate that is not as it should be: nothing is kept back, nothing grows."""

import pytest

from kiosk.config import Settings
from kiosk.domain.purposes import Purpose
from kiosk.errors import SettingsError
from kiosk.reporting import digests as making
from kiosk.store.base.connection import immediate
from kiosk.store.instance.restore import _doubts
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.trace.events import first_break
from tests.processes import Inbox
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer
from tests.smtp.test_flood import EVERY, HONEST, few, flood, inside, listed, parsed, references, report, to_mssi

ANY = 10**6


def digests(relay: FaultServer) -> list[bytes]:
    return [mail for mail in relay.taken if inside(mail)]


def rows(hand: Hand) -> list[int]:
    counted = (hand.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("deliveries", "events"))
    return list(counted)


@pytest.mark.parametrize("answer", [b"554 5.6.0 content", b"554 5.7.1 spam", b"451 4.7.1 no"])
def test_a_digest_in_doubt_that_is_then_refused_keeps_no_later_one_back(settings: Settings, answer: bytes) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        flood(courier, 4)
        relay.step, relay.fault, relay.struck_connections = "dot", "close", ANY
        courier.wait(minutes=1)
        courier.deliver_all()
        relay.step, relay.answers = "", relay.answers | {"dot": answer}
        courier.wait(minutes=10)
        courier.deliver_all()
        relay.answers |= RIGHT_ANSWERS
        late = [report(courier, HONEST, "theft") for _ in range(2)]
        courier.wait(minutes=2 * EVERY)
        courier.deliver_all()
        assert any(set(late) <= set(references(digest)) for digest in digests(relay))
        courier.wait(minutes=20)
        courier.deliver_all()
        assert not undelivered(courier.db)
        assert first_break(courier.db) is None


def test_nothing_grows_while_the_relay_cannot_be_reached(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 4)[2:]
        relay.step, relay.fault, relay.struck_connections = "banner", "close", ANY
        courier.wait(minutes=2)
        courier.deliver_all()
        before = rows(courier)
        for _ in range(20):
            courier.wait(minutes=2)
            courier.deliver_all()
        assert rows(courier) == before
        relay.step = ""
        courier.wait(minutes=2)
        courier.deliver_all()
        assert [references(digest) for digest in digests(relay)] == [late, late], "of two audiences"


def test_a_digest_that_is_too_much_for_the_relay_gets_smaller(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 8)[2:]
        relay.answers |= {"dot": b"451 4.3.0 too slow"}
        for _ in range(9):
            courier.wait(minutes=16)
            courier.deliver_all()
        relay.answers |= RIGHT_ANSWERS
        courier.wait(minutes=16)
        courier.deliver_all()
        *_, last = relay.taken
        assert len(inside(last)) < len(late)
        assert all(each in listed(last) for each in late)
        assert not undelivered(courier.db)
        again = [report(courier) for _ in range(4)]
        courier.deliver_all()
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert set(references(relay.taken[-1])) == set(again[2:]), "once taken, the next one is whole again"


def test_a_digest_is_no_larger_than_the_relay_announces_to_take(settings: Settings) -> None:
    with FaultServer(extensions=("SIZE 100000",)) as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 30)[2:]
        courier.wait(minutes=1)
        courier.deliver_all()
        assert not undelivered(courier.db)
        for digest in digests(relay):
            assert 1 < len(inside(digest)) < len(late)
            assert len(digest) < 100_000
        assert digests(relay)


def test_an_internal_error_keeps_no_mail_back_that_leaves_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        flood(courier, 4)
        monkeypatch.setattr(making, "compose_digest", lambda *_: 1 / 0)
        courier.wait(hours=2)
        later = report(courier)
        courier.deliver_all()
        assert str(parsed(to_mssi(inbox.mails)[-1])["X-Kiosk-Reference"]) == later
        assert "the digests could not be made" in caplog.text
        monkeypatch.undo()
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert not undelivered(courier.db)


def test_a_list_that_cannot_be_encrypted_still_names_every_report(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SettingsError("unreadable")

    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        late = flood(courier, 5)[2:]
        monkeypatch.setattr("kiosk.mail.seal.recipients_of", refuse)
        monkeypatch.setattr(making, "LARGEST", 0)
        courier.wait(minutes=1)
        courier.deliver_all()
        last = to_mssi(inbox.mails)[-1]
        assert all(each in listed(last) for each in late)
        assert "Virus" not in listed(last)
        assert not undelivered(courier.db)


def test_texts_leave_once_the_kiosk_may_send_again(settings: Settings) -> None:
    """The relay refuses every mail of ours, not one text: nothing stays without its text for good."""
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 5)[2:]
        relay.answers |= {"dot": b"554 5.7.60 not allowed to send as this sender"}
        for _ in range(3):
            courier.wait(minutes=EVERY)
            courier.deliver_all()
        assert {line.state for line in undelivered(courier.db)} == {"held"}
        relay.answers |= RIGHT_ANSWERS
        deliveries.retry_now(courier.db, reference=None, actor="test", now=courier.moment)
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert sorted(references(relay.taken[-1])) == sorted(late)
        assert not undelivered(courier.db)


def test_what_is_in_a_digest_is_in_doubt_after_a_restore(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        late = flood(courier, 4)[2:]
        courier.wait(minutes=1)
        making.make_digests(courier.db, courier.courier.settings, courier.moment)
        doubts = _doubts(courier.db)
        assert (sorted(doubts.references), doubts.mails) == (sorted(late), 4)


def test_at_most_sixty_mails_an_hour_about_reports_whatever_they_are(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings, 40), inbox.port) as courier:
        report(courier)
        others = [
            NewDelivery("mssi", f"<a{number}@kiosk.invalid>", b"x\r\n", Purpose.ADDITION, alone=40)
            for number in range(39)
        ]
        with immediate(courier.db):
            deliveries.enqueue(courier.db, others, report_id=1, site="siege", now=courier.moment)
        for _ in range(60):
            for _ in range(4):
                report(courier)
            courier.deliver_all()
            courier.wait(minutes=1)
        assert 50 < len(to_mssi(inbox.mails)) <= 60


def test_a_clock_that_was_set_back_groups_nothing_for_a_year(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        courier.wait(days=365)
        flood(courier, 4)
        courier.wait(days=-364)
        report(courier)
        ways = [row[0] for row in courier.db.execute("SELECT way FROM deliveries ORDER BY id DESC LIMIT 2")]
        assert ways == ["alone", "alone"]
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert not undelivered(courier.db)


def test_a_mail_cannot_be_put_into_a_digest_that_has_ended(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        flood(courier, 5)
        courier.wait(minutes=1)
        courier.deliver_all()
        (ended, *_) = courier.db.execute("SELECT id FROM deliveries WHERE purpose = 'digest'").fetchone()
        report(courier)
        with pytest.raises(Exception, match="waits in a digest that waits too"), immediate(courier.db):
            courier.db.execute(
                "UPDATE deliveries SET state = 'in_digest', way = 'digest', digest_id = ? WHERE state = 'queued'",
                (ended,),
            )
        courier.wait(minutes=2)
        courier.deliver_all()
