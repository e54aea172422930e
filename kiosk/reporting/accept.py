"""Report intake: select the audiences, compose their mails, store everything in one commit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kiosk.config import Audience, Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.reference import follow_up_code
from kiosk.domain.report import Report
from kiosk.domain.submission import Sent, Submission
from kiosk.domain.submitted import SubmittedReport, submitted_as
from kiosk.duty.chain import DEPUTY_STEP, First, first_told
from kiosk.duty.outgoing import deliveries_of
from kiosk.errors import NotConfirmed
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Addressee
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.letter import compose_report
from kiosk.reporting.mail_facts import EXPECTED, facts_of, reader
from kiosk.reporting.shown_once import receipt_page
from kiosk.store.base.connection import Database
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import one_time_pages, submissions
from kiosk.store.reports.one_time_pages import SealedPage
from kiosk.store.reports.submissions import NewReport, ReferenceTaken, StoredSubmission
from kiosk.store.trace import events
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``committed_at``: when the first copy was stored. ``is_new`` is False for a retry.

    ``waits``: at a one-time address.
    """

    reference: str
    follow_up_code: str
    committed_at: datetime
    is_new: bool
    waits: bool = False


def accept(
    db: Database, settings: Settings, report: Report, now: datetime, token: OneTimeToken | None = None
) -> Receipt:
    """Store a report; durable on return and idempotent.

    A retry gets the first copy back. Another text under the same submission id becomes another submission. ``token``:
    of the address that will show the receipt once, committed with the report. Raises NotConfirmed: call again with the
    same report.
    """
    for submitted in submitted_as(report, follow_up_secret(db)):
        page = receipt_page(token, submitted.report.submission, now) if token else None
        stored = submissions.find_submission(db, submitted.hash) or _store(db, settings, submitted, now, page)
        if stored.fingerprint != submitted.fingerprint:
            continue
        wakeup.wake(settings.instance)
        waits = page is not None and (stored.is_new or _waits_again(db, page))
        return replace(_receipt(stored, submitted.follow_up_code), waits=waits)
    raise AssertionError("submissions never end")


def _waits_again(db: Database, page: SealedPage) -> bool:
    """False where the page of a retry finds no room: the report is stored, so no error may be told."""
    try:
        one_time_pages.put(db, page)
    except (one_time_pages.NoRoom, NotConfirmed):
        return False
    return True


def receipt_of(db: Database, submission: Submission) -> Receipt | None:
    """Of a report that was stored before; None for an unknown submission."""
    stored = submissions.find_submission(db, submission.hash(Sent.REPORT))
    return _receipt(stored, follow_up_code(submission)) if stored else None


def _receipt(stored: StoredSubmission, code: str) -> Receipt:
    return Receipt(
        reference=stored.reference,
        follow_up_code=code,
        committed_at=stored.committed_at,
        is_new=stored.is_new,
    )


def _store(
    db: Database, settings: Settings, submitted: SubmittedReport, now: datetime, page: SealedPage | None
) -> StoredSubmission:
    for taken, reference in enumerate(submitted.references):
        new = new_report(submitted.report, submitted, reference)
        first = first_told(db, settings, new)
        new = replace(new, first_step=first.step, attend_at=first.attend_at)
        clashes = [Event(action="reference_clash", reference=reference)] * taken
        notes = [*clashes, _received(submitted.report, reference), *_without_address(first.told, reference)]
        mails = _compose(db, settings, submitted.report, reference, first)
        notes += troubles(reference, mails)
        try:
            return submissions.submit(db, new, [delivery for delivery, _ in mails], notes, now, page)
        except ReferenceTaken:
            continue
    raise AssertionError("references never end")


def _received(report: Report, reference: str) -> Event:
    detail: dict[str, Any] = {"kind": report.kind.code, "severity": report.severity, "site": report.site}
    detail |= {"terminal": report.terminal, "sent_from": report.sent_from, "flags": list(report.flags)}
    if report.told is None:
        return Event(action="report_received", actor="reporter", reference=reference, detail=detail)
    detail |= {"told_at": report.told.at, "told_way": report.told.way}
    return Event(action="report_entered", actor=report.told.account, reference=reference, detail=detail)


def _without_address(told: tuple[Audience, ...], reference: str) -> Iterator[Event]:
    for audience in told:
        if not audience.address:
            yield Event(action="audience_without_address", reference=reference, detail={"audience": audience.id})


def _compose(
    db: Database, settings: Settings, report: Report, reference: str, first: First
) -> list[tuple[NewDelivery, Composed]]:
    to = [audience for audience in first.told if audience.address]
    facts = _facts(db, settings, report, reference, first)
    mails = compose_report(facts, [Addressee.of(settings, audience) for audience in to])
    return list(zip(deliveries_of(settings, mails, to), mails, strict=True))


def _facts(db: Database, settings: Settings, report: Report, reference: str, first: First) -> Facts:
    site = next(site for site in settings.sites if site.id == report.site)
    said = facts_of(
        report,
        reference=reference,
        site=site,
        audiences=settings.audiences,
        organisation=settings.organisation.name,
        console_url=settings.mail.console_url,
        trace=events.head(db),
        demo=settings.demo,
    )
    stands_in = first.step == DEPUTY_STEP
    readers = (reader(audience, report, stands_in=stands_in) for audience in first.told if audience.address)
    return replace(said, answer_due=first.answer_due, answer_from=EXPECTED[first.step], readers=tuple(readers))


def troubles(reference: str, mails: Sequence[tuple[NewDelivery, Composed]]) -> Iterator[Event]:
    """Events for mails that could not be composed or sealed as intended; they are sent all the same."""
    if any(mail.fallback for _, mail in mails):
        yield Event(action="mail_fallback", reference=reference)
    for delivery, mail in mails:
        if mail.unsealed:
            yield Event(action="mail_unsealed", reference=reference, detail={"audience": delivery.audience})


def new_report(report: Report, submitted: SubmittedReport, reference: str) -> NewReport:
    return NewReport(
        reference=reference,
        submission_hash=submitted.hash,
        fingerprint=submitted.fingerprint,
        follow_up_hash=submitted.follow_up_hash,
        follow_up_key=submitted.follow_up_key,
        kind=report.kind.code,
        kind_title=report.kind.title,
        severity=report.severity,
        site=report.site,
        zone=report.zone,
        terminal=report.terminal,
        sent_from=report.sent_from,
        language=report.language,
        observed_precision=report.observed.precision,
        observed_earliest=report.observed.earliest,
        observed_latest=report.observed.latest,
        ongoing=report.ongoing or Tristate.UNKNOWN,
        personal_data=report.personal_data,
        aware_at=report.aware_at,
        received_at=report.received_at,
        deadline_at=report.deadline,
        flags=report.flags,
        content=submitted.content,
        contact=submitted.contact,
        told_at=report.told.at if report.told else None,
        told_way=report.told.way if report.told else None,
        entered_by=report.told.account if report.told else None,
    )
