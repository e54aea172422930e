"""Hours of flood beside a real SMTP server: 3 600 junk reports an hour, an honest one now and then."""

from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest

from kiosk.config import Settings
from kiosk.delivery.eraser import Eraser
from kiosk.duty.escalation import take_steps
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.reports import submissions
from kiosk.store.trace.events import first_break
from tests.processes import Inbox
from tests.smtp.courier import Hand, hand_to
from tests.smtp.test_flood import HONEST, report

JUNK = 3_600  # reports an hour
KINDS = ("access_control_disabled", "theft", "lost_access", "device_outage", "other")


def used(hand: Hand) -> int:
    """Bytes of the database that hold something."""
    pages, free, size = (
        hand.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


@pytest.mark.parametrize(
    "hours", [pytest.param(1, marks=pytest.mark.ci), pytest.param(24, marks=pytest.mark.long)], ids=str
)
def test_a_flood_of_hours_refuses_nobody_and_is_never_in_the_way(settings: Settings, hours: int) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as courier:
        honest: dict[str, datetime] = {}
        sent: list[datetime] = []
        eraser = Eraser(courier.db, courier.courier.sent)
        for second in range(hours * 3600):
            if second % 900 == 450:
                honest[report(courier, HONEST, KINDS[second // 900 % len(KINDS)], zone="zone-3")] = courier.moment
            report(courier)
            if second % 10 == 0:
                take_steps(courier.db, courier.courier.settings, courier.moment)
                courier.deliver_all()
                eraser.erase()
                sent += [courier.moment] * (sum(to.startswith("contact-ssi") for to, _ in inbox.mails) - len(sent))
            courier.wait(seconds=1)
        for _ in range(7):
            courier.wait(minutes=1)
            courier.deliver_all()
            eraser.erase()
        reports = courier.db.execute("SELECT count(*) FROM reports").fetchone()[0]
        assert reports == hours * JUNK + len(honest)
        waited = {
            reference: submissions.transmission(courier.db, reference).transmitted_at - since  # type: ignore[union-attr, operator]
            for reference, since in honest.items()
        }
        assert max(waited.values()) <= timedelta(minutes=10)
        assert (
            max(Counter(sum(moment <= later < moment + timedelta(hours=1) for later in sent) for moment in sent)) <= 60
        )
        left = [line for line in undelivered(courier.db) if line.purpose == "report"]
        assert not left
        assert first_break(courier.db) is None
        before = used(courier)
        courier.wait(minutes=6)
        courier.deliver_all()
        eraser.erase()
        assert used(courier) <= before
        assert not courier.db["bodies"].count, "the disk is flat again"
        subjects = [str(message_from_bytes(raw, policy=policy.default)["Subject"]) for _, raw in inbox.mails[-3:]]
        print(f"{reports} reports, {len(sent)} mails to the MSSI, longest wait {max(waited.values())}, {subjects}")
        print(f"{used(courier) / reports:.0f} bytes for each report")
