"""Report intake: select the audiences, compose their mails, store everything in one commit."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kiosk import clock
from kiosk.config import Audience, Settings, Site
from kiosk.domain.catalogue import Tristate
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.reference import follow_up_code, follow_up_hash, follow_up_private_key, references
from kiosk.domain.report import Report
from kiosk.domain.submission import Sent, Submission
from kiosk.duty.calendar import acknowledge_by
from kiosk.duty.chain import DEPUTY_STEP, First, first_told
from kiosk.mail.compose import Composed
from kiosk.mail.envelope import Recipient, Stationery
from kiosk.mail.report.letter import Letter
from kiosk.reporting.mail_facts import EXPECTED, facts_of, why
from kiosk.reporting.shown_once import receipt_page
from kiosk.store.base.connection import Database
from kiosk.store.keys.follow_up_secret import follow_up_secret
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import one_time_pages, submissions
from kiosk.store.reports.submissions import NewReport, ReferenceTaken, StoredSubmission
from kiosk.store.trace.events import Event, trace_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``committed_at``: when the first copy was stored. ``is_new`` is False for a retry."""

    reference: str
    follow_up_code: str
    committed_at: datetime
    is_new: bool


def accept(
    db: Database, settings: Settings, report: Report, now: datetime, token: OneTimeToken | None = None
) -> Receipt:
    """Store a report; durable on return and idempotent.

    A retry gets the first copy back. Another text under the same submission id becomes another submission. ``token``:
    of the address that will show the receipt once, committed with the report. Raises NotConfirmed: call again with the
    same report.
    """
    stored = submissions.find_submission(db, report.submission.hash(Sent.REPORT))
    if stored and stored.fingerprint != report.fingerprint():
        return accept(db, settings, report.as_another(), now, token)
    if stored is None:
        stored = _store(db, settings, report, now, token)
        if stored.fingerprint != report.fingerprint():  # two texts under one id at the same time
            return accept(db, settings, report.as_another(), now, token)
    if token and not stored.is_new:
        one_time_pages.put(db, receipt_page(token, report.submission, now))
    wakeup.wake(settings.instance)
    return _receipt(stored, report.submission)


def receipt_of(db: Database, submission: Submission) -> Receipt | None:
    """Of a report that was stored before; None for an unknown submission."""
    stored = submissions.find_submission(db, submission.hash(Sent.REPORT))
    return _receipt(stored, submission) if stored else None


def _receipt(stored: StoredSubmission, submission: Submission) -> Receipt:
    return Receipt(
        reference=stored.reference,
        follow_up_code=follow_up_code(submission),
        committed_at=stored.committed_at,
        is_new=stored.is_new,
    )


def _store(
    db: Database, settings: Settings, report: Report, now: datetime, token: OneTimeToken | None
) -> StoredSubmission:
    receipt = receipt_page(token, report.submission, now) if token else None
    for reference, clashes in _free_references(db, report):
        new = new_report(report, reference, follow_up_secret(db))
        first = first_told(db, settings, new)
        notes = [*clashes, _received(report, reference), *_without_address(first.told, reference)]
        deliveries = _compose(db, settings, report, reference, first)
        notes += troubles(reference, deliveries)
        try:
            new = replace(new, first_step=first.step, attend_at=first.attend_at)
            return submissions.submit(db, new, [delivery for delivery, _ in deliveries], notes, now, receipt)
        except ReferenceTaken:
            continue
    raise AssertionError("references never end")


def _free_references(db: Database, report: Report) -> Iterator[tuple[str, list[Event]]]:
    """Each with one event for every reference before it that was taken."""
    for clashes, reference in enumerate(references(report.submission)):
        if not submissions.reference_taken(db, reference):
            yield reference, [Event(action="reference_clash", reference=reference)] * clashes


def _received(report: Report, reference: str) -> Event:
    detail: dict[str, Any] = {"kind": report.kind.code, "severity": report.severity, "site": report.site}
    detail |= {"terminal": report.terminal, "sent_from": report.sent_from, "flags": list(report.flags)}
    if report.told is None:
        return Event(action="report_received", actor="reporter", reference=reference, detail=detail)
    detail |= {"told_at": clock.to_text(report.told.at), "told_way": report.told.way}
    return Event(action="report_entered", actor=report.told.account, reference=reference, detail=detail)


def _without_address(told: tuple[Audience, ...], reference: str) -> Iterator[Event]:
    for audience in told:
        if not audience.address:
            yield Event(action="audience_without_address", reference=reference, detail={"audience": audience.id})


def _compose(
    db: Database, settings: Settings, report: Report, reference: str, first: First
) -> list[tuple[NewDelivery, Composed]]:
    said = facts_of(
        report,
        reference=reference,
        site=_site(settings, report.site),
        audiences=settings.audiences,
        organisation=settings.organisation.name,
        console_url=settings.mail.console_url,
        trace=trace_head(db),
        demo=settings.demo,
    )
    due = acknowledge_by(settings, site=report.site, severity=report.severity, received_at=report.received_at)
    letter = Letter(replace(said, answer_due=due, answer_from=EXPECTED[first.step]))
    composed = []
    for audience in (each for each in first.told if each.address):
        reason = why(audience, report, stands_in=first.step == DEPUTY_STEP)
        recipient = Recipient(audience.id, audience.name, reason)
        mail = letter.to(recipient, Stationery.of(settings, audience))
        composed.append((NewDelivery(audience.id, mail.message_id, mail.body), mail))
    return composed


def troubles(reference: str, mails: Sequence[tuple[NewDelivery, Composed]]) -> Iterator[Event]:
    """Events for mails that could not be composed or sealed as intended; they are sent all the same."""
    if any(mail.fallback for _, mail in mails):
        yield Event(action="mail_fallback", reference=reference)
    for delivery, mail in mails:
        if mail.unsealed:
            yield Event(action="mail_unsealed", reference=reference, detail={"audience": delivery.audience})


def _site(settings: Settings, site_id: str) -> Site:
    return next(site for site in settings.sites if site.id == site_id)


def new_report(report: Report, reference: str, secret: bytes) -> NewReport:
    return NewReport(
        reference=reference,
        submission_hash=report.submission.hash(Sent.REPORT),
        fingerprint=report.fingerprint(),
        follow_up_hash=follow_up_hash(report.follow_up_code, secret),
        follow_up_key=follow_up_private_key(report.follow_up_code, secret).public_key().public_bytes_raw(),
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
        content=_json(report.content() | report.left_out()),
        contact=_json(report.contact_content()) if report.contact else None,
        told_at=report.told.at if report.told else None,
        told_way=report.told.way if report.told else None,
        entered_by=report.told.account if report.told else None,
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
