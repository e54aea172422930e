"""What the record of a mail costs is counted, not timed: pages that its commit writes."""

from kiosk.config import Settings
from kiosk.store.base.log_erasure import overwrite_log
from tests.build import store
from tests.smtp.courier import hand_to
from tests.smtp.relay import FaultServer

MAILS = 40


def test_the_record_of_a_mail_and_the_next_claim_write_eight_pages_at_most(settings: Settings) -> None:
    with FaultServer() as relay, hand_to(settings, relay.port) as hand:
        for number in range(MAILS):
            store(hand.db, reference=f"000-000-{number:03d}")
        assert overwrite_log(hand.db)
        assert hand.deliver_all() == MAILS
        _, pages, _ = hand.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()  # in the log since its restart
        assert pages / MAILS <= 8
