"""An addition over a real connection: it arrives where the report arrived, in the same thread."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from kiosk.config import Settings
from kiosk.delivery.eraser import Eraser
from kiosk.domain.report import Report
from kiosk.domain.submission import Sent, Submission
from kiosk.reporting.accept import accept
from kiosk.reporting.add import Addition, add
from kiosk.store.reports.additions import transmission
from kiosk.store.reports.follow_up import follow
from tests.build import NOON
from tests.processes import Inbox
from tests.smtp.courier import Hand, hand_to
from tests.threads import threads

REPORT = Report(
    submission=Submission(UUID(int=7, version=4)),
    kind_code="theft",
    site="siege",
    terminal="hall",
    language="fr",
    received_at=NOON,
)
FOUND = Addition(
    submission=Submission(UUID(int=1, version=4)),
    found=True,
    text="Retrouvé MARKER-4411",
    language="fr",
    terminal="hall",
    received_at=NOON,
)


def added(hand: Hand, settings: Settings) -> None:
    followed = follow(hand.db, REPORT.follow_up_code, NOON)
    assert followed is not None
    add(hand.db, settings, followed, FOUND)


def arrived(inbox: Inbox, recipient: str) -> list[EmailMessage]:
    mails = [message_from_bytes(raw, policy=policy.default) for to, raw in inbox.mails if to == recipient]
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def test_an_addition_arrives_in_the_thread_of_its_report_and_only_then_counts_as_transmitted(
    settings: Settings,
) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        accept(hand.db, settings, REPORT, NOON)
        assert hand.deliver_all() == 2
        added(hand, settings)
        before = transmission(hand.db, FOUND.submission.hash(Sent.ADDITION))
        assert before is not None
        assert before.transmitted_at is None
        assert hand.deliver_all() == 2
        after = transmission(hand.db, FOUND.submission.hash(Sent.ADDITION))
        assert after is not None
        assert after.transmitted_at == NOON
        for address in {to for to, _ in inbox.mails}:
            first, second = arrived(inbox, address)
            assert len(threads([first, second])) == 1
            assert second["Subject"] == first["Subject"]
            body = second.get_body(("plain",))
            assert body is not None
            assert "MARKER-4411" in body.get_content()


def test_an_addition_made_before_the_report_could_leave_follows_it(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        accept(hand.db, settings, REPORT, NOON)
        added(hand, settings)
        assert hand.deliver_all() == 4
        assert len(inbox.by_message_id()) == 4


def test_what_was_sent_of_an_addition_is_gone_from_the_queue(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        accept(hand.db, settings, REPORT, NOON)
        added(hand, settings)
        assert hand.deliver_all() == 4
        Eraser(hand.db, hand.courier.sent).erase()
        assert hand.db["bodies"].count == 0
