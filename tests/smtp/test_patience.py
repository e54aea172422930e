"""No mail waits for another's trouble, and nobody gives up: thirty days of silence, then everything arrives."""

import dataclasses
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from kiosk.config import Settings, Site
from kiosk.config.audiences import default_audiences
from kiosk.config.sites import default_sites
from kiosk.store.instance import directory
from kiosk.store.keys import site_keys
from tests.build import NOON, store
from tests.processes import Inbox, free_port
from tests.smtp.courier import Hand, hand_to, plain

DPO = "dpo.cpam-marseille@assurance-maladie.fr"


class Choosy(Inbox):
    """Says ``answer`` to every mail for the DPO, and takes the others."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        if address == DPO and not self.answer.startswith("2"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"


def fail_many(hand: Hand, count: int) -> None:
    for number in range(count):
        store(hand.db, "dpo", reference=f"000-{number // 1000:03d}-{number % 1000:03d}")
    hand.deliver_all()


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("answer", ["450 4.2.0 later", "550 5.1.1 no such user"])
def test_many_failing_mails_delay_a_good_one_by_one_attempt_at_most(
    settings: Settings, count: int, answer: str
) -> None:
    with Choosy(answer) as inbox, hand_to(settings, inbox.port) as hand:
        fail_many(hand, count)
        hand.wait(minutes=20)  # by now every deferred one is due again
        inbox.asked.clear()
        store(hand.db, "mssi", reference="999-999-999", now=hand.moment)
        hand.deliver()
        hand.deliver()
        assert hand.count("sent") == 1
        assert len(inbox.asked) <= 2


def test_thirty_days_without_a_relay_lose_nothing_and_the_first_mail_leaves_within_a_minute(settings: Settings) -> None:
    port = free_port()
    with hand_to(settings, port) as hand:
        for number in range(90):
            store(hand.db, reference=f"000-000-{number:03d}", now=hand.moment)
            for _ in range(8):
                hand.deliver()
                hand.wait(hours=1)
        assert hand.moment - NOON >= timedelta(days=30)
        assert hand.actions().count("relay_down") == 1
        with Inbox() as inbox:
            hand.courier.settings = dataclasses.replace(settings, smtp=plain(inbox.port))
            hand.smtp = plain(inbox.port)
            hand.hang_up()
            waited = 0
            while not hand.deliver_all():
                hand.wait(seconds=1)
                waited += 1
            assert waited <= 60
            assert (hand.count("sent"), len(inbox.mails)) == (90, 90)


def test_after_an_outage_every_site_is_served_in_turn_oldest_first(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        directory.sync(hand.db, (*default_sites(), Site(id="nord", name="Nord")), default_audiences())
        site_keys.ensure_site_keys(hand.db, settings.secrets, ["nord"], NOON)
        for number in range(50):
            store(hand.db, reference=f"000-000-{number:03d}")
        for number in range(2):
            store(hand.db, reference=f"999-999-99{number}", site="nord", terminal=None)
        for _ in range(4):
            hand.deliver()
        served = hand.db.execute(
            "SELECT reference FROM reports JOIN deliveries ON report_id = reports.id WHERE deliveries.state = 'sent'"
        ).fetchall()
        assert sorted(row[0] for row in served) == ["000-000-000", "000-000-001", "999-999-990", "999-999-991"]


@pytest.mark.parametrize(
    "jump", [timedelta(days=-20_000), timedelta(days=-3650), timedelta(days=3650), timedelta(hours=-1)]
)
def test_a_clock_that_jumps_delays_nothing_beyond_its_cap(settings: Settings, jump: timedelta) -> None:
    with Choosy("450 4.2.0 later") as inbox, hand_to(settings, inbox.port) as hand:
        store(hand.db, "dpo")
        hand.deliver_all()
        hand.moment += jump
        inbox.answer = "250 2.1.5 fine"
        waited = 0
        while not hand.deliver_all() and waited < 120:
            hand.wait(seconds=30)
            waited += 1
        assert hand.count("sent") == 1
        assert waited <= 31  # of 30 seconds each: the cap is 15 minutes


def test_a_relay_pause_survives_a_clock_jump_without_growing(settings: Settings) -> None:
    with hand_to(settings, free_port()) as hand:
        store(hand.db)
        hand.deliver()
        hand.moment -= timedelta(days=3650)
        hand.deliver()
        assert hand.db["attempts"].count == 2
