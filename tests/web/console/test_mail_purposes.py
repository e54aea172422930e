"""Purpose of a mail, in French wherever staff read a list of mails."""

from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.breaches.reminders import remind_of_breaches
from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.purposes import Purpose, Scope
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import report_status
from tests.incident import an_incident
from tests.web.colleague import Colleague
from tests.web.console.page import FRIDAY, words_of

OF_A_REPORT = [purpose for purpose in Purpose if purpose.scope is Scope.REPORT]
OF_THE_KIOSK = sorted({purpose for purpose in Purpose if purpose.scope is Scope.KIOSK} - {Purpose.DIGEST})


def queue(db: Database, purpose: Purpose, reference: str | None = None) -> None:
    report_id = report_status.get(db, reference).id if reference else None
    condition = next(iter(purpose.only_while), None)
    mail = NewDelivery("referent", "<purpose@kiosk.invalid>", b"x\r\n", purpose, condition)
    with immediate(db):
        deliveries.enqueue(db, [mail], report_id=report_id, site="siege", now=FRIDAY)


def test_a_reminder_to_the_dpo_is_named_in_french(db: Database, settings: Settings, anne: Colleague) -> None:
    reference = an_incident(db, settings, "theft", personal_data_answer=Tristate.UNKNOWN)
    remind_of_breaches(db, settings, FRIDAY + timedelta(hours=24))
    for page in (anne.opens(f"/reports/{reference}"), anne.sends(f"/reports/{reference}/export/page")):
        assert "· breach" not in words_of(page)
        assert "DPO) · rappel des 72 heures" in words_of(page)


@pytest.mark.parametrize("purpose", OF_A_REPORT)
def test_a_report_names_each_of_its_mails_in_french(
    db: Database, settings: Settings, anne: Colleague, purpose: Purpose
) -> None:
    reference = an_incident(db, settings)
    queue(db, purpose, reference)
    for page in (anne.opens(f"/reports/{reference}"), anne.sends(f"/reports/{reference}/export/page")):
        assert f"Référent · {purpose.french} " in words_of(page)


@pytest.mark.parametrize("purpose", OF_THE_KIOSK)
def test_the_queue_names_each_mail_about_the_kiosk_in_french(db: Database, anne: Colleague, purpose: Purpose) -> None:
    queue(db, purpose)
    assert f"{purpose.french} Référent en attente" in words_of(anne.opens("/transmission"))


def test_no_two_purposes_have_one_name_and_none_shows_its_code() -> None:
    names = {purpose.french for purpose in Purpose}
    assert len(names) == len(Purpose)
    assert all(names)
