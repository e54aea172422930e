"""Additions: a detail, or that something was found again, under the follow-up code."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.config import Settings
from kiosk.domain.catalogue import kind_of
from kiosk.domain.handling import ReportState
from kiosk.domain.purposes import Purpose
from kiosk.domain.report import SentFrom
from kiosk.domain.submission import Sent, Submission
from kiosk.domain.text import is_mangled
from kiosk.duty.outgoing import deliveries_of
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Addressee
from kiosk.mail.french import language_name
from kiosk.mail.thread.addition import AdditionFacts, compose_addition
from kiosk.reporting.accept import troubles
from kiosk.store.base.connection import Database
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import additions
from kiosk.store.reports.additions import NewAddition
from kiosk.store.reports.follow_up import Followed
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import events
from kiosk.store.trace.events import Event
from kiosk.store.watch import clock_marks
from kiosk.version import VERSION

ADDITION_LIMIT = 5_000  # characters
WHY = "Vous recevez ce courriel parce que vous avez été averti de ce signalement et que l'intervenant y ajoute ceci."


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """``text`` may be empty when ``found``. ``received_at`` is UTC."""

    submission: Submission
    found: bool
    text: str
    language: str
    terminal: str | None
    received_at: datetime
    sent_from: SentFrom = SentFrom.TERMINAL

    def fingerprint(self) -> bytes:
        return self.submission.fingerprint(json.dumps([self.found, self.text], ensure_ascii=False))

    def as_another(self) -> "Addition":
        """Same text under a submission id derived from this one."""
        return replace(self, submission=self.submission.another(self.fingerprint()))


@dataclass(frozen=True, slots=True)
class Added:
    """``submission``: the one it was stored under. ``received_at``: that of its first copy."""

    submission: Submission
    received_at: datetime


def can_be_found(report: ReportStatus) -> bool:
    return kind_of(report.kind).can_be_found


def add(db: Database, settings: Settings, followed: Followed, addition: Addition) -> Added:
    """Store an addition and queue its mails to the audiences told; durable on return and idempotent.

    Raises NotConfirmed: call again with the same addition.
    """
    report, identity = followed.report, addition.submission.hash(Sent.ADDITION)
    if addition.found and not can_be_found(report):
        addition = replace(addition, found=False)
    stored = additions.find_submission(db, identity, report)
    if stored is None:
        mails = _compose(db, settings, followed, addition, identity)
        notes = [_received(report, addition), *troubles(report.reference, mails)]
        stored = additions.submit(db, report, _new(addition, identity), [mail for mail, _ in mails], notes)
    if stored.fingerprint != addition.fingerprint():
        return add(db, settings, followed, addition.as_another())
    wakeup.wake(settings.instance)
    return Added(addition.submission, stored.received_at)


def _new(addition: Addition, identity: bytes) -> NewAddition:
    return NewAddition(
        submission_hash=identity,
        fingerprint=addition.fingerprint(),
        found=addition.found,
        text=addition.text,
        received_at=addition.received_at,
        terminal=addition.terminal,
        sent_from=addition.sent_from,
        language=addition.language,
    )


def _compose(
    db: Database, settings: Settings, followed: Followed, addition: Addition, identity: bytes
) -> list[tuple[NewDelivery, Composed]]:
    """One mail for each audience told, if still active, in the thread of the report."""
    facts = _facts(db, settings, followed.report, addition, identity)
    known = {audience.id: audience for audience in settings.audiences if audience.active}
    to = [known[told] for told in followed.told if told in known]
    mails = compose_addition(facts, [Addressee.of(settings, audience) for audience in to], why=WHY)
    return list(zip(deliveries_of(settings, mails, to, purpose=Purpose.ADDITION), mails, strict=True))


def _facts(
    db: Database, settings: Settings, report: ReportStatus, addition: Addition, identity: bytes
) -> AdditionFacts:
    site = settings.site(report.site)
    return AdditionFacts(
        reference=report.reference,
        identity=identity.hex()[:16],
        kind=report.kind,
        kind_title=report.kind_title,
        severity=report.severity,
        site_name=site.name if site else report.site,
        organisation=settings.organisation.name,
        received_at=report.received_at,
        clock_step=clock_marks.step_of(db, report.reference),
        added_at=addition.received_at,
        found=addition.found,
        was_closed=report.state == ReportState.CLOSED,
        text=addition.text,
        language=addition.language,
        language_name=language_name(addition.language),
        terminal=addition.terminal,
        sent_from=addition.sent_from,
        damaged=is_mangled(addition.text),
        version=VERSION,
        console_url=settings.mail.console_url,
        trace=events.head(db),
    )


def _received(report: ReportStatus, addition: Addition) -> Event:
    detail = {"found": addition.found, "terminal": addition.terminal, "sent_from": addition.sent_from}
    return Event(action="addition_received", actor="reporter", reference=report.reference, detail=detail)
