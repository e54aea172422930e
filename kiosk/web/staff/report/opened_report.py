"""Report decryption for the console: content, notes, replies and additions."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import abort

from kiosk.domain.reference import parse
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import StoreError
from kiosk.mail.render import Row
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.rows import ReportRows, rows_of
from kiosk.reporting.mail_facts import facts_of
from kiosk.store.base.connection import Database
from kiosk.store.reports import additions, notes, replies, report_status, stored_report
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.reports.stored_report import Opened, StoredReport, report_of
from kiosk.store.staff import accounts
from kiosk.store.trace import of_report
from kiosk.store.watch import clock_marks
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.report import repetition
from kiosk.web.staff.report.timeline import Entry, Names, TimelineWords, entries
from kiosk.web.staff.shared import words

log = logging.getLogger(__name__)

CLOSED_TO_US = Opened(None, None)
SEALED_ROWS = ("Déjà fait", "Joint par téléphone")  # decisive rows that are encrypted; the others are clear columns
HIDDEN_ROWS = ("Trace", "Empreinte de la trace", "Référence")  # technical rows of the mail; the page has its own


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """``closed``: why it cannot be read, or None; ``purged``: its content was erased."""

    facts: Facts
    rows: ReportRows
    closed: Closed | None
    purged: bool

    @property
    def legible(self) -> bool:
        return self.closed is None

    @property
    def decisive(self) -> list[Row]:
        """Without the key, leave out encrypted rows: they would look unanswered."""
        return [row for row in self.rows.decisive if self.legible or row.label not in SEALED_ROWS]


@dataclass(frozen=True, slots=True)
class WrittenSince:
    notes: Sequence[TimelineWords] = ()
    replies: Sequence[TimelineWords] = ()
    additions: Sequence[TimelineWords] = ()


def find(typed: str) -> StoredReport:
    """404 alike for an unknown reference and for a site that the member does not serve."""
    found = stored_report.find(database(), parse(typed, length=9) or typed)
    permissions.demand_site(found.site if found else None)
    if found is None:
        abort(404)
    return found


def status_of(report: StoredReport) -> ReportStatus:
    found = report_status.find(database(), report.reference)
    if found is None:
        abort(404)
    return found


def open_with_key(report: StoredReport) -> OpenedReport:
    settings, opened, closed = current_settings(), CLOSED_TO_US, None
    try:
        opened = stored_report.open_report(report.sealed, keyring.key_of())
    except StoreError as error:
        closed = keyring.why(error)
        if closed is Closed.MISSING:
            log.exception("the report %s cannot be opened", report.reference)
    facts = facts_of(
        report_of(report, opened, account_names(database())),
        reference=report.reference,
        site=words.site_of(settings, report.site),
        audiences=settings.audiences,
        organisation=settings.organisation.name,
        console_url="",
        trace=TraceHead(0, b""),
        demo=settings.demo,
        clock_step=clock_marks.step_of(database(), report.reference),
    )
    return OpenedReport(facts, rows_of(facts), closed, purged=report.sealed.content is None)


def told_since(report: StoredReport) -> list[Entry]:
    """Timeline with the texts written since, newest first."""
    db, settings = database(), current_settings()
    written = _words(db, status_of(report))
    said = {
        "note_added": written.notes,
        "reply_written": written.replies,
        "addition_received": written.additions,
    }
    names = Names(account_names(db), {audience.id: audience.name for audience in settings.audiences})
    told = entries(of_report.trace(db, report.reference), said, names)
    return [replace(entry, links=repetition.links(entry.references)) for entry in told][::-1]


def account_names(db: Database) -> dict[str, str]:
    return {account.member.name: account.member.display_name for account in accounts.accounts(db)}


def _words(db: Database, report: ReportStatus) -> WrittenSince:
    """No texts if the site's key is not at hand."""
    try:
        key = keyring.key_of()
        return WrittenSince(
            notes=[TimelineWords(one.text) for one in notes.of_report(db, report.id, key)],
            replies=[TimelineWords(one.text) for one in replies.of_report(db, report, key)],
            additions=[TimelineWords(one.text, one.language) for one in additions.of_report(db, report, key)],
        )
    except StoreError as error:
        if keyring.why(error) is Closed.MISSING:
            log.exception("what was written about %s cannot be opened", report.reference)
        return WrittenSince()
