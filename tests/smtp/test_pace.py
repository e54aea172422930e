"""What the record of a mail costs is counted, not timed: pages that its commit writes."""

from kiosk.config import Settings
from kiosk.store.base.connection import truncate_wal
from tests.build import store
from tests.smtp.courier import hand_to
from tests.smtp.relay import FaultServer

MAILS = 40
FRAME = 24 + 4096  # bytes of the log that a page takes


def test_the_record_of_a_mail_and_the_next_claim_write_eight_pages_at_most(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        for number in range(MAILS):
            store(hand.db, reference=f"000-000-{number:03d}")
        assert truncate_wal(hand.db)
        assert hand.deliver_all() == MAILS
        log = settings.instance / "kiosk.db-wal"
        assert log.stat().st_size / FRAME / MAILS <= 8
