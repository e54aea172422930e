"""From a report to an answer, over a real SMTP server: 15 minutes, deputy, MSSI, acknowledged, everybody told."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

import pytest

from kiosk.config import Settings
from kiosk.delivery.loop import forward_once
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty.acts import acknowledge, close, note, reopen, take_over
from kiosk.duty.escalation import take_steps
from kiosk.reporting.accept import accept
from kiosk.store.base.connection import Database, open_database
from kiosk.store.instance import start
from kiosk.store.trace.events import first_break
from tests.duty import CAMILLE, DIDIER, MORNING, staffed
from tests.processes import Inbox
from tests.smtp.courier import plain
from tests.threads import threads

DPO = "dpo@site.example"


class Day:
    """The background process on a clock of ours: each ``until`` is its look at that moment, jobs and deliveries."""

    def __init__(self, db: Database, settings: Settings, inbox: Inbox) -> None:
        self.db, self.settings, self.inbox = db, settings, inbox
        self.now = MORNING
        self._read = 0

    def report(self, kind: str = "virus") -> str:
        """A critical one."""
        report = Report(
            submission=Submission(),
            kind_code=kind,
            site="siege",
            terminal="hall",
            language="fr",
            received_at=self.now,
            personal_data_answer=Tristate.YES,
            answers={"extent": "several"} if kind == "virus" else {},
            description="Un texte que seul le premier courriel porte.",
        )
        return accept(self.db, self.settings, report, self.now).reference

    def after(self, **duration: float) -> list[tuple[str, str]]:
        """Who got what: the name before the at sign, and what the mail's own identity says it is."""
        self.now += timedelta(**duration)
        assert forward_once(self.settings, self.db, lambda: self.now, jobs=(take_steps,))
        new, self._read = self.inbox.mails[self._read :], len(self.inbox.mails)
        return sorted((to.partition("@")[0], _purpose(content)) for to, content in new)

    def restart(self) -> None:
        self.db.close()
        self.db = open_database(self.settings.database)

    def mails(self, reference: str) -> list[Message]:
        every = [message_from_bytes(content, policy=policy.default) for _, content in self.inbox.mails]
        return [mail for mail in every if mail["X-Kiosk-Reference"] == reference]


def _purpose(content: bytes) -> str:
    return str(message_from_bytes(content)["Message-ID"]).split(".")[1].partition("-")[0]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    settings = staffed(Settings(instance=tmp_path / "instance"), dpo=DPO)
    with Inbox() as inbox:
        settings = dataclasses.replace(settings, smtp=plain(inbox.port))
        day = Day(start.prepare(settings, MORNING), settings, inbox)
        yield day
        day.db.close()


def test_a_report_that_nobody_answers_goes_to_the_deputy_then_to_the_mssi_until_somebody_takes_it(day: Day) -> None:
    reference = day.report()
    assert day.after(seconds=1) == [("dpo", "report"), ("m", "report"), ("mssi", "report")]
    assert day.after(minutes=14) == []
    day.restart()
    assert day.after(minutes=1) == [("d", "escalation")]
    assert day.after(minutes=14) == []
    assert day.after(minutes=1) == [("mssi", "reminder")]
    assert acknowledge(day.db, day.settings, reference, actor=DIDIER, eta=Eta.HOUR, now=day.now).done
    assert day.after(seconds=1) == [("d", "taken"), ("dpo", "taken"), ("m", "taken"), ("mssi", "taken")]
    assert day.after(minutes=50) == []
    assert first_break(day.db) is None


def test_an_escalation_that_a_broken_relay_held_up_does_not_leave_once_somebody_has_taken_the_report(day: Day) -> None:
    reference = day.report()
    day.after(seconds=1)
    working = day.settings
    day.settings = dataclasses.replace(working, smtp=plain(1))  # where nobody listens
    assert day.after(minutes=15) == []
    acknowledge(day.db, day.settings, reference, actor=CAMILLE, eta=Eta.HOUR, now=day.now)
    day.settings = working
    assert day.after(minutes=5) == [("dpo", "taken"), ("m", "taken"), ("mssi", "taken")]
    states = Counter(row[0] for row in day.db.execute("SELECT state FROM deliveries"))
    assert states["cancelled"] == 1


@pytest.mark.parametrize(("days", "reminders"), [(0, [("mssi", "reminder")]), (21, [])])
def test_after_an_outage_of_weeks_reminders_are_cancelled_and_what_nobody_has_got_yet_is_sent(
    day: Day, days: int, reminders: list[tuple[str, str]]
) -> None:
    working = day.settings
    day.settings = dataclasses.replace(working, smtp=plain(1))  # where nobody listens
    day.report()
    for _ in range(3):
        assert day.after(minutes=15) == []
    day.settings = working
    reports = [("d", "escalation"), ("dpo", "report"), ("m", "report"), ("mssi", "report")]
    assert day.after(days=days) == sorted([*reports, *reminders])
    states = Counter(row[0] for row in day.db.execute("SELECT state FROM deliveries"))
    assert states["cancelled"] == (0 if reminders else 1)
    assert first_break(day.db) is None


def test_everything_sent_about_a_report_is_one_thread_and_two_reports_are_two(day: Day) -> None:
    first, second = day.report("virus"), day.report("theft")
    day.after(minutes=15)
    day.after(minutes=15)
    acknowledge(day.db, day.settings, first, actor=CAMILLE, eta=Eta.QUARTER, now=day.now)
    take_over(day.db, day.settings, first, actor=DIDIER, eta=Eta.QUARTER, now=day.now)
    for _ in range(8):
        day.after(minutes=8)
    close(day.db, day.settings, first, actor=CAMILLE, outcome=Outcome.RESOLVED, now=day.now)
    reopen(day.db, day.settings, first, actor=CAMILLE, now=day.now)
    note(day.db, first, "Revu sur place.", actor=CAMILLE, now=day.now)
    day.after(seconds=1)
    mails = day.mails(first)
    assert {_purpose(mail.as_bytes()) for mail in mails} == {"report", "escalation", "reminder", "taken"}
    assert len(threads(mails)) == 1
    everything = threads(mails + day.mails(second))
    assert sorted(len(thread) for thread in everything) == sorted([len(mails), len(day.mails(second))])
    assert len({mail["Subject"] for mail in mails}) == 1


def test_what_the_reporter_wrote_is_in_the_first_mails_alone(day: Day) -> None:
    reference = day.report()
    for _ in range(4):
        day.after(minutes=15)
    acknowledge(day.db, day.settings, reference, actor=CAMILLE, eta=Eta.HOUR, now=day.now)
    day.after(seconds=1)
    for mail in day.mails(reference):
        text = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        assert ("seul le premier courriel" in text) == (_purpose(mail.as_bytes()) == "report")
