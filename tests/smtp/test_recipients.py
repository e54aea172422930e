"""Who gets a mail is what kiosk.toml says, also when somebody has written another address to the database."""

import dataclasses

from kiosk.config import Settings
from kiosk.store.instance import directory
from tests.build import store
from tests.processes import Inbox
from tests.smtp.courier import hand_to

REFERENCE = "000-000-000"


def test_an_address_that_somebody_wrote_to_the_database_gets_no_mail(settings: Settings) -> None:
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        hand.courier.reread = lambda: settings
        store(hand.db, reference=REFERENCE)
        hand.db.execute("UPDATE audiences SET address = 'thief@x.fr'")
        hand.db.conn.commit()
        assert hand.deliver_all() == 1
        assert inbox.mails[0][0] == settings.audiences[0].address
        assert hand.actions()[-2:] == ["address_corrected", "delivery_sent"]
        assert "thief@x.fr" not in dict(directory.addresses(hand.db)).values()


def test_an_address_that_a_command_took_from_the_settings_gets_the_mail(settings: Settings) -> None:
    mssi, *others = settings.audiences
    now = dataclasses.replace(settings, audiences=(dataclasses.replace(mssi, address="corrected@x.fr"), *others))
    with Inbox() as inbox, hand_to(settings, inbox.port) as hand:
        hand.courier.reread = lambda: now
        store(hand.db, reference=REFERENCE)
        directory.sync(hand.db, now.sites, now.audiences)
        assert hand.deliver_all() == 1
        assert inbox.mails[0][0] == "corrected@x.fr"
        assert "address_corrected" not in hand.actions()
