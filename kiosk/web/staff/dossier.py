"""Everything about one report, opened with its site's key, in the order in which staff need it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort

from kiosk.errors import StoreError
from kiosk.intake.facts import facts_of
from kiosk.intake.kept import report_of
from kiosk.intake.reference import parse
from kiosk.mail.facts import Facts, TraceHead
from kiosk.mail.sheet import Row, Sheet, sheet_of
from kiosk.store import additions, history, kept, notes, replies, staff, standing
from kiosk.store.connection import Database
from kiosk.store.kept import Kept, Opened
from kiosk.store.standing import Standing
from kiosk.web.context import current_settings, database
from kiosk.web.staff import access, keyring, words
from kiosk.web.staff.keyring import Closed
from kiosk.web.staff.tracewords import Entry, Names, Said, entries

log = logging.getLogger(__name__)

CLOSED_TO_US = Opened(None, None)
SEALED_ROWS = ("Déjà fait", "Joint par téléphone")  # of the decisive ones; the others are clear columns
HIDDEN_ROWS = ("Trace", "Empreinte de la trace", "Référence")  # of the mail's technical rows; the page has its own


@dataclass(frozen=True, slots=True)
class Dossier:
    """``closed`` says why it cannot be read (see keyring.Closed); ``purged``: its content is gone for good."""

    facts: Facts
    sheet: Sheet
    closed: Closed | None
    purged: bool

    @property
    def legible(self) -> bool:
        return self.closed is None

    @property
    def decisive(self) -> list[Row]:
        """Nothing is said to be unsaid that cannot be read."""
        return [row for row in self.sheet.decisive if self.legible or row.label not in SEALED_ROWS]


@dataclass(frozen=True, slots=True)
class Words:
    """What was written after the report."""

    notes: Sequence[Said] = ()
    replies: Sequence[Said] = ()
    additions: Sequence[Said] = ()


def find(typed: str) -> Kept:
    """404 alike for an unknown reference and for one of another's site."""
    found = kept.find(database(), parse(typed, length=9) or typed)
    access.demand_site(found.site if found else None)
    if found is None:
        abort(404)
    return found


def standing_of(report: Kept) -> Standing:
    found = standing.find(database(), report.reference)
    if found is None:
        abort(404)
    return found


def open_dossier(report: Kept) -> Dossier:
    settings, opened, closed = current_settings(), CLOSED_TO_US, None
    try:
        opened = kept.open_report(report.sealed, keyring.key_of())
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
        trace=TraceHead(0, ""),
    )
    return Dossier(facts, sheet_of(facts), closed, purged=report.sealed.content is None)


def told_since(report: Kept) -> list[Entry]:
    """The whole trace of the report, with what was written after it; the newest first."""
    db, settings = database(), current_settings()
    written = _words(db, standing_of(report))
    said = {
        "note_added": written.notes,
        "reply_written": written.replies,
        "addition_received": written.additions,
    }
    names = Names(account_names(db), {audience.id: audience.name for audience in settings.audiences})
    return list(entries(history.trace(db, report.reference), said, names))[::-1]


def account_names(db: Database) -> dict[str, str]:
    return {account.member.name: account.member.display_name for account in staff.accounts(db)}


def _words(db: Database, report: Standing) -> Words:
    """Nothing but the trace where the site's key is missing."""
    try:
        key = keyring.key_of()
        return Words(
            notes=[Said(one.text) for one in notes.of_report(db, report, key)],
            replies=[Said(one.text) for one in replies.of_report(db, report, key)],
            additions=[Said(one.text, one.language) for one in additions.of_report(db, report, key)],
        )
    except StoreError as error:
        if keyring.why(error) is Closed.MISSING:
            log.exception("what was written about %s cannot be opened", report.reference)
        return Words()
