"""A reader with a certificate and one without, over a real connection: ciphertext waits, the reader reads."""

import dataclasses
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.delivery.eraser import Eraser
from kiosk.domain.handling import Eta
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty.acts import acknowledge
from kiosk.reporting.accept import accept
from tests.build import MAILS
from tests.crash.test_left_on_disk import spellings
from tests.duty import CAMILLE, staffed
from tests.processes import Inbox
from tests.smime import OPENSSL, Reader, a_reader, parsed
from tests.smtp.courier import Hand, hand_to
from tests.threads import threads

pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl is not installed: nothing could read the mails")
MARKER = "Zorglub-7731 a laissé la porte ouverte"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return a_reader(tmp_path, "reader")


@pytest.fixture
def sealing(settings: Settings, reader: Reader) -> Settings:
    """Everybody but the DPO has a certificate."""
    given = (
        audience if audience.id == "dpo" else dataclasses.replace(audience, certificate=reader.certificate)
        for audience in staffed(settings).audiences
    )
    return dataclasses.replace(settings, audiences=tuple(given))


@pytest.fixture
def hand(sealing: Settings) -> Iterator[tuple[Hand, Inbox]]:
    with Inbox() as inbox, hand_to(sealing, inbox.port) as hand:
        yield hand, inbox


def report(hand: Hand) -> str:
    told = Report(
        submission=Submission(),
        kind_code="theft",
        site="siege",
        terminal="hall",
        language="fr",
        received_at=hand.moment,
        description=MARKER,
    )
    return accept(hand.db, hand.courier.settings, told, hand.moment).reference


def stored(hand: Hand, audience: str) -> bytes:
    row = hand.db.execute(
        f"{MAILS} WHERE audience_id = ?",
        (audience,),
    ).fetchone()
    return bytes(row[0])


def test_ciphertext_waits_and_these_very_bytes_arrive(hand: tuple[Hand, Inbox], reader: Reader) -> None:
    courier, inbox = hand
    report(courier)
    waiting = {name: stored(courier, name) for name in ("mssi", "dpo")}
    word = MARKER.split()[0]
    assert not [spelt for spelt in spellings(word) if spelt in waiting["mssi"]]
    assert [spelt for spelt in spellings(word) if spelt in waiting["dpo"]], "this reader has no certificate"
    courier.deliver_all()
    arrived = dict(inbox.mails)
    assert arrived["mssi@site.example"] == waiting["mssi"]
    inside = parsed(reader.opens(arrived["mssi@site.example"]))
    (attached,) = inside.iter_attachments()
    assert json.loads(attached.get_content())["description"] == MARKER


def test_a_report_and_its_answer_are_one_thread_inside_and_outside(hand: tuple[Hand, Inbox], reader: Reader) -> None:
    courier, inbox = hand
    reference = report(courier)
    courier.deliver_all()
    courier.wait(minutes=1)
    now = courier.moment
    assert acknowledge(courier.db, courier.courier.settings, reference, actor=CAMILLE, eta=Eta.QUARTER, now=now).done
    courier.deliver_all()
    outside = [parsed(raw) for to, raw in inbox.mails if to == "mssi@site.example"]
    assert {mail.get_content_type() for mail in outside} == {"application/pkcs7-mime"}
    inside: list[EmailMessage] = [parsed(reader.opens(raw)) for to, raw in inbox.mails if to == "mssi@site.example"]
    assert len(outside) == 2
    assert len(threads(outside)) == 1
    (thread,) = {str(mail["References"]) for mail in outside}
    assert [str(mail["References"]) for mail in inside] == [thread] * 2


def test_a_certificate_that_goes_bad_keeps_the_words_back_and_is_traced(
    hand: tuple[Hand, Inbox], reader: Reader
) -> None:
    courier, inbox = hand
    reader.certificate.write_text("rubbish")
    report(courier)
    courier.deliver_all()
    (mail,) = [raw for to, raw in inbox.mails if to == "mssi@site.example"]
    assert not [spelt for spelt in spellings(MARKER.split()[0]) if spelt in mail]
    assert "mail_unsealed" in courier.actions()


def test_what_waited_is_gone_from_the_queue_once_it_has_left(hand: tuple[Hand, Inbox]) -> None:
    courier, _ = hand
    report(courier)
    assert courier.deliver_all() >= 2
    Eraser(courier.db, courier.courier.sent).erase()
    assert courier.db.execute("SELECT count(*) FROM bodies").fetchone() == (0,)
