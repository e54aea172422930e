"""A flood of reports: grouped in digests, never refused, and an honest report is not lost in it."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.domain.delivery_states import InDigest
from kiosk.domain.handling import Eta
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty.acts import acknowledge
from kiosk.reporting.accept import accept
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import claims, deliveries
from kiosk.store.outbox.claims import Turn
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.outbox.digests import COLLECTED_FOR
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.reports import submissions
from kiosk.store.trace import of_report
from kiosk.store.trace.events import first_break
from tests.crash.test_left_on_disk import spellings
from tests.duty import CAMILLE
from tests.processes import Inbox
from tests.smime import OPENSSL, Reader, a_reader
from tests.smtp.courier import Hand, hand_to
from tests.smtp.relay import RIGHT_ANSWERS, FaultServer
from tests.threads import threads

HONEST = "Le local technique est ouvert et vide"
EVERY = 5  # minutes


@pytest.fixture
def hand(settings: Settings) -> Iterator[tuple[Hand, Inbox]]:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        yield hand, inbox


def few(settings: Settings, alone: int = 2) -> Settings:
    """A flood begins after two, for a short test."""
    return dataclasses.replace(settings, mail=dataclasses.replace(settings.mail, alone_per_hour=alone))


def report(hand: Hand, text: str = "x" * 1000, kind: str = "virus", zone: str | None = None) -> str:
    told = Report(
        submission=Submission(),
        kind_code=kind,
        site="siege",
        zone=zone,
        terminal="hall",
        language="fr",
        received_at=hand.moment,
        description=text,
    )
    return accept(hand.db, hand.courier.settings, told, hand.moment).reference


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def to_mssi(mails: list[tuple[str, bytes]]) -> list[bytes]:
    return [raw for to, raw in mails if to.startswith("contact-ssi")]


def inside(digest: bytes) -> list[EmailMessage]:
    """The mails in a digest; none for another mail."""
    return [part.get_payload(0) for part in parsed(digest).walk() if part.get_content_type() == "message/rfc822"]


def references(digest: bytes) -> list[str]:
    return [str(mail["X-Kiosk-Reference"]) for mail in inside(digest)]


def listed(digest: bytes) -> str:
    part = parsed(digest).get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def flood(hand: Hand, count: int) -> list[str]:
    """The first two of them leave alone."""
    references = [report(hand) for _ in range(count)]
    hand.deliver_all()
    return references


def test_two_hundred_in_a_minute_and_an_honest_one(hand: tuple[Hand, Inbox]) -> None:
    courier, inbox = hand
    junk = [report(courier) for _ in range(150)]
    honest = report(courier, HONEST, "access_control_disabled")
    courier.deliver_all()
    courier.wait(seconds=50)
    junk += [report(courier) for _ in range(50)]
    courier.deliver_all()
    alone = to_mssi(inbox.mails)
    assert [str(parsed(mail)["X-Kiosk-Reference"]) for mail in alone] == junk[:40]
    courier.wait(seconds=10)
    courier.deliver_all()
    (digest,) = to_mssi(inbox.mails)[40:]
    assert references(digest)[:2] in ([honest, junk[40]], [junk[40], honest])
    assert sorted(references(digest)) == sorted([honest, *junk[40:]])
    assert not undelivered(courier.db)
    text = listed(digest)
    assert text.index(honest) < min(text.index(each) for each in junk[40:])
    assert "161 signalements regroupés" in text
    assert "Contrôle d'accès neutralisé ou en panne · Siège (élevé, " in text
    assert all(each in text for each in (honest, *junk[40:]))
    assert len(inbox.mails) == 2 * 41, "the DPO gets one digest too"
    assert first_break(courier.db) is None


def test_the_mails_in_a_digest_are_whole_and_unchanged(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        flood(courier, 2)
        late = [report(courier, f"{HONEST} {number}") for number in range(3)]
        courier.wait(minutes=1)
        waiting = [
            bytes(head + body)
            for head, body in courier.db.execute(
                "SELECT head, bytes FROM deliveries JOIN bodies ON bodies.id = body_id WHERE audience_id = 'mssi'"
            )
        ]
        courier.deliver_all()
        (digest,) = to_mssi(inbox.mails)[2:]
        assert all(mail in digest for mail in waiting)
        assert [mail["X-Kiosk-Reference"] for mail in inside(digest)] == late
        assert all(HONEST in mail.get_body(("plain",)).get_content() for mail in inside(digest))  # type: ignore[union-attr]
        named = [part.get_filename() for part in parsed(digest).walk() if part.get_content_type() == "message/rfc822"]
        assert named == [f"signalement-{reference}.eml" for reference in late]
        assert digest.isascii()
        assert max(map(len, digest.split(b"\r\n"))) <= 998


def test_a_receipt_says_transmitted_only_when_the_digest_has_its_250(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        *_, third = flood(courier, 3)
        told = submissions.transmission(courier.db, third)
        assert told
        assert told.transmitted_at is None
        courier.wait(minutes=1)
        relay.answers |= {"dot": b"451 4.3.0 later"}
        courier.deliver_all()
        assert submissions.transmission(courier.db, third).transmitted_at is None  # type: ignore[union-attr]
        relay.answers |= RIGHT_ANSWERS
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert submissions.transmission(courier.db, third).transmitted_at == courier.moment  # type: ignore[union-attr]


def test_the_queue_lists_each_report_with_the_moment_of_its_digest(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        *_, third = flood(courier, 3)
        courier.wait(seconds=30)
        fourth = report(courier)
        lines = [line for line in undelivered(courier.db) if line.audience == "mssi"]
        assert [line.reference for line in lines] == [third, fourth]
        assert {line.next_attempt for line in lines} == {courier.moment + timedelta(seconds=30)}
        assert {line.state for line in lines} == {"queued"}


def test_between_two_digests_lie_five_minutes(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        moments = []
        for _ in range(40):
            report(courier)
            before = len(to_mssi(inbox.mails))
            courier.deliver_all()
            moments += [courier.moment] * (len(to_mssi(inbox.mails)) - before)
            courier.wait(seconds=30)
        digests = moments[2:]
        assert len(digests) == 4
        assert min(later - earlier for earlier, later in pairwise(digests)) >= timedelta(minutes=EVERY)


def test_the_only_one_that_waits_leaves_alone(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        *_, third = flood(courier, 3)
        courier.wait(minutes=1)
        courier.deliver_all()
        last = to_mssi(inbox.mails)[-1]
        assert (str(parsed(last)["X-Kiosk-Reference"]), inside(last)) == (third, [])


def test_an_hour_after_a_flood_reports_leave_alone_again(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        flood(courier, 5)
        courier.wait(hours=1, seconds=1)
        courier.deliver_all()
        later = report(courier)
        courier.deliver_all()
        assert str(parsed(to_mssi(inbox.mails)[-1])["X-Kiosk-Reference"]) == later


def test_nothing_is_grouped_where_the_settings_say_so(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings, alone=0), inbox.port) as courier:
        flood(courier, 45)
        assert len(to_mssi(inbox.mails)) == 45


def test_what_follows_a_report_is_in_the_digest_too_and_its_thread_stays_one(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        *_, third = flood(courier, 4)
        courier.wait(seconds=10)
        taken = acknowledge(
            courier.db, courier.courier.settings, third, actor=CAMILLE, eta=Eta.QUARTER, now=courier.moment
        )
        assert taken.done
        courier.wait(minutes=2)
        courier.deliver_all()
        (digest,) = to_mssi(inbox.mails)[2:]
        assert references(digest).count(third) == 2
        assert "prise en charge" in listed(digest)
        courier.wait(hours=2)
        assert acknowledge(
            courier.db, courier.courier.settings, flood(courier, 1)[0], actor=CAMILLE, eta=Eta.HOUR, now=courier.moment
        ).done
        courier.deliver_all()
        mails = [*(parsed(raw) for raw in to_mssi(inbox.mails)), *inside(digest)]
        assert len(threads(mails)) == len({mail["X-Kiosk-Reference"] for mail in mails})


def test_a_reminder_that_has_become_void_is_in_no_digest(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        *_, third = flood(courier, 3)
        reminder = NewDelivery(
            "mssi", "<r@kiosk.invalid>", b"x\r\n", Purpose.REMINDER, OnlyWhile.OPEN, courier.moment, alone=2
        )
        with immediate(courier.db):
            deliveries.enqueue(courier.db, [reminder], report_id=3, site="siege", now=courier.moment)
        courier.wait(minutes=1)
        courier.deliver_all()
        assert "delivery_cancelled" in courier.actions()
        assert str(parsed(to_mssi(inbox.mails)[-1])["X-Kiosk-Reference"]) == third


@pytest.mark.parametrize("answer", ["554 5.7.1 spam", "552 5.3.4 too big", "550 5.6.0 content"])
def test_one_text_that_the_relay_refuses_does_not_keep_the_others_back(settings: Settings, answer: str) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 5)[2:]
        relay.answers |= {"dot": answer.encode()}
        courier.wait(minutes=1)
        courier.deliver_all()
        relay.answers |= RIGHT_ANSWERS
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        *_, digest, _ = relay.taken
        assert inside(digest) == []
        assert all(each in listed(digest) for each in late)
        assert "Non joints" in listed(digest)
        assert not undelivered(courier.db)
        assert first_break(courier.db) is None


def test_a_digest_that_is_refused_for_its_address_holds_each_of_its_mails(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 5)[2:]
        relay.answers |= {"rcpt": b"550 5.1.1 no such user"}
        courier.wait(minutes=1)
        courier.deliver_all()
        lines = [line for line in undelivered(courier.db) if line.audience == "mssi"]
        assert [(line.reference, line.state, line.last_reply) for line in lines] == [
            (each, "held", "550 5.1.1") for each in late
        ]
        relay.answers |= RIGHT_ANSWERS
        deliveries.retry_now(courier.db, reference=None, actor="test", now=courier.moment)
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert not undelivered(courier.db)


@pytest.mark.parametrize("step", ["banner", "mail", "rcpt", "data"])
def test_a_digest_that_was_not_taken_is_dissolved_and_the_next_one_holds_more(settings: Settings, step: str) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 4)[2:]
        relay.step, relay.fault, relay.struck_connections = step, "close", 10**6
        courier.wait(minutes=1)
        courier.deliver_all()
        assert courier.count("in_digest") == 0
        relay.step = ""
        late.append(report(courier))
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        digests = [mail for mail in relay.taken if inside(mail)]
        assert sorted(references(digests[0])) == sorted(late)
        assert not undelivered(courier.db)


def test_a_digest_in_doubt_is_sent_again_with_the_same_bytes(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(few(settings), relay.port) as courier:
        late = flood(courier, 4)[2:]
        relay.step, relay.fault, relay.struck_connections = "dot", "close", 10**6
        courier.wait(minutes=1)
        courier.deliver_all()
        relay.step = ""
        report(courier)
        courier.wait(minutes=10)
        courier.deliver_all()
        digests = [mail for mail in relay.taken if inside(mail)]
        assert len(digests) == 4, "two audiences, twice"
        assert len(set(digests)) == 2
        assert all(references(digest) == late for digest in digests)
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert not undelivered(courier.db)
        assert first_break(courier.db) is None


def test_what_does_not_fit_is_told_by_its_facts_and_an_honest_report_fits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.reporting.digests.LARGEST", 60_000)
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        junk = flood(courier, 12)[2:]
        honest = report(courier, HONEST, "theft")
        courier.wait(minutes=1)
        courier.deliver_all()
        (digest,) = to_mssi(inbox.mails)[2:]
        assert honest in references(digest)
        assert 1 < len(references(digest)) < 8
        assert all(each in listed(digest) for each in junk)
        assert f"{11 - len(references(digest))}, marqués d'un astérisque" in listed(digest)
        assert not undelivered(courier.db)
        assert submissions.transmission(courier.db, junk[-1]).transmitted_at == courier.moment  # type: ignore[union-attr]
        ways = {number: of_report.sendings(courier.db, number)[0].digest for number in (1, 3, 12)}
        assert ways == {1: None, 3: InDigest.WHOLE, 12: InDigest.LISTED}


def test_a_crash_in_the_middle_of_a_digest_loses_nothing_and_changes_no_byte(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(few(settings), inbox.port) as courier:
        late = flood(courier, 4)[2:]
        courier.wait(minutes=1)
        assert courier.courier.group
        courier.courier.group(courier.db, courier.courier.settings, courier.moment)
        died = claims.claim_next(courier.db, Turn(), courier.moment)
        assert died
        claims.release_open_claims(courier.db, wait=timedelta(minutes=10), now=courier.moment)
        report(courier)
        courier.wait(minutes=11)
        courier.deliver_all()
        again = next(raw for raw in to_mssi(inbox.mails) if inside(raw) and late[0] in references(raw))
        assert references(again) == late
        assert any(raw == died.body for _, raw in inbox.mails)
        courier.wait(minutes=EVERY)
        courier.deliver_all()
        assert not undelivered(courier.db)


@pytest.mark.skipif(not OPENSSL, reason="openssl is not installed: nothing could read the mails")
def test_with_a_certificate_nothing_of_a_digest_is_readable_outside(settings: Settings, tmp_path: Path) -> None:
    reader: Reader = a_reader(tmp_path, "reader")
    sealing = dataclasses.replace(
        settings,
        audiences=tuple(dataclasses.replace(each, certificate=reader.certificate) for each in settings.audiences),
    )
    with Inbox() as inbox, hand_to(few(sealing), inbox.port) as courier:
        flood(courier, 2)
        late = [report(courier, HONEST, "theft") for _ in range(2)]
        courier.wait(minutes=1)
        courier.deliver_all()
        (digest,) = to_mssi(inbox.mails)[2:]
        for word in ("Matériel ou document disparu", HONEST):
            assert not [spelt for spelt in spellings(word) if spelt in digest], word
        first, *others = inside(digest)
        contents = parsed(reader.opens(first.as_bytes()))
        assert all(each in listed(contents.as_bytes()) for each in late)
        opened = [parsed(reader.opens(mail.as_bytes())) for mail in others]
        assert [mail["X-Kiosk-Reference"] for mail in opened] == late


def test_the_first_mail_of_a_digest_waits_for_others_a_minute_at_most() -> None:
    assert timedelta(seconds=30) <= COLLECTED_FOR <= timedelta(minutes=1)
