"""The 72 hours over a real SMTP server: 24, 48, 66 hours, a decision, silence; all in the report's thread."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from kiosk.breaches.reminders import remind_of_breaches
from kiosk.config import Settings
from kiosk.delivery.loop import forward_once
from kiosk.domain.catalogue import Tristate
from kiosk.domain.cnil import BreachDecision
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import accept
from kiosk.store.base.connection import Database
from kiosk.store.instance import start
from kiosk.store.reports import breaches
from kiosk.store.reports.breaches import Decision
from kiosk.store.trace import row_checks
from kiosk.store.trace.events import first_break
from tests.duty import MORNING, staffed
from tests.processes import Inbox
from tests.smtp.courier import plain
from tests.threads import threads

MARKER = "Un carton de dossiers MARKER-6654"


@dataclasses.dataclass
class Office:
    db: Database
    settings: Settings
    inbox: Inbox
    reference: str

    def after(self, hours: float) -> list[str]:
        """Who got a mail at that hour."""
        before, now = len(self.inbox.mails), MORNING + timedelta(hours=hours)
        assert forward_once(self.settings, self.db, lambda: now, jobs=(remind_of_breaches,))
        return sorted(to.partition("@")[0].partition(".")[0] for to, _ in self.inbox.mails[before:])

    def mails(self, to: str) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=policy.default) for name, raw in self.inbox.mails if name == to]
        return [mail for mail in found if isinstance(mail, EmailMessage)]


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    with Inbox() as inbox:
        told = dataclasses.replace(staffed(settings), smtp=plain(inbox.port))
        with start.prepare(told, MORNING) as db:
            report = Report(
                submission=Submission(),
                kind_code="theft",
                site="siege",
                terminal="hall",
                language="fr",
                received_at=MORNING,
                personal_data_answer=Tristate.YES,
                description=MARKER,
            )
            yield Office(db, told, inbox, accept(db, told, report, MORNING).reference)


def test_the_dpo_is_reminded_until_somebody_has_decided(office: Office) -> None:
    assert "dpo" in office.after(0)
    told = {hours: office.after(hours) for hours in (23, 24.1, 30, 48.1, 50, 66.1, 70, 90)}
    assert told == {
        23: [],
        24.1: ["dpo"],
        30: [],
        48.1: ["dpo"],
        50: [],
        66.1: ["dpo", "mssi"],
        70: [],
        90: [],
    }


def test_a_decision_silences_them_also_what_a_broken_relay_held_up(office: Office) -> None:
    office.after(0)
    away = dataclasses.replace(office.settings, smtp=plain(1))
    there, office.settings = office.settings, away
    assert office.after(24.1) == []
    breach = breaches.find(office.db, office.reference)
    assert breach
    decided = Decision(word=BreachDecision.NOT_NOTIFIABLE)
    assert breaches.save(office.db, breach, {}, decision=decided, actor="dora", now=MORNING + timedelta(hours=25))
    office.settings = there
    assert office.after(26) == []
    assert office.after(66.1) == []


@pytest.mark.parametrize(("back_after", "told"), [(67, ["dpo", "mssi"]), (21 * 24, [])])
def test_after_an_outage_the_newest_reminder_leaves_until_its_moment_has_passed(
    office: Office, back_after: int, told: list[str]
) -> None:
    office.after(0)
    there, office.settings = office.settings, dataclasses.replace(office.settings, smtp=plain(1))
    for hours in (24.1, 48.1, 66.1):
        assert office.after(hours) == []
    office.settings = there
    assert office.after(back_after) == told
    states = office.db.execute("SELECT state FROM deliveries WHERE purpose = 'breach' ORDER BY id")
    assert [row[0] for row in states] == ["cancelled"] * 2 + ["sent" if told else "cancelled"] * 2
    cancelled = office.db.execute("SELECT count(*) FROM events WHERE action = 'delivery_cancelled'").fetchone()[0]
    assert cancelled == (2 if told else 4)
    assert first_break(office.db) is None
    assert next(row_checks.misfits(office.db), None) is None


def test_the_reminders_stand_in_the_reports_thread_and_quote_nothing_of_it(office: Office) -> None:
    for hours in (0, 24.1, 48.1, 66.1):
        office.after(hours)
    mails = office.mails("dpo.cpam-marseille@assurance-maladie.fr") or office.mails("dpo@site.example")
    assert len(mails) == 4
    assert len(threads(mails)) == 1
    for mail in mails[1:]:
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "MARKER" not in text
        assert "lundi 23/11/2026 à 10:00" in text
        assert "72 HEURES" in text
