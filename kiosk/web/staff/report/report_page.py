"""Report page: decisive facts, status, timeline and mails of one report."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.breaches.decision import state_words
from kiosk.domain.catalogue import Kind, kind_of
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import ACTORS, DECIDERS, HOLDERS, READERS
from kiosk.domain.severity import Severity
from kiosk.errors import NotConfirmed
from kiosk.mail.render import Row
from kiosk.store.reports import breaches, line_members, report_lists
from kiosk.store.reports.breaches import Breach
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.reports.stored_report import StoredReport
from kiosk.store.staff import last_seen
from kiosk.store.staff.accounts import Member
from kiosk.store.trace import of_report
from kiosk.store.trace.of_report import Sending
from kiosk.store.watch.health import LATE_AFTER
from kiosk.web.shared.context import current_settings, database, distrust_database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import list_rows
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.forms import AcknowledgeForm, CloseForm, HoldForm, MarkForm, NoteForm, ReplyForm
from kiosk.web.staff.report.keeping import Keeping, keeping_of
from kiosk.web.staff.report.opened_report import OpenedReport
from kiosk.web.staff.report.repetition import Repetition, repetition_of
from kiosk.web.staff.report.timeline import Entry
from kiosk.web.staff.shared import words

log = logging.getLogger(__name__)
blueprint = Blueprint("report", __name__, url_prefix="/reports")

# The large button promises this time; the others are beside it.
USUAL_ETA = {Severity.CRITICAL: Eta.QUARTER, Severity.HIGH: Eta.HOUR, Severity.NORMAL: Eta.TODAY}
RESULTS = {
    "taken": "C'est noté : vous vous en occupez. Ceux qui étaient prévenus l'apprennent par courriel.",
    "late": "",  # macro late() says who was quicker
    "noted": "Votre note est enregistrée.",
    "replied": "Votre réponse attend la personne : elle la lit avec son code de suivi, à n'importe quelle borne.",
    "closed": "Le signalement est clos.",
    "reopened": "Le signalement est rouvert ; la personne de permanence est prévenue.",
    "hidden": "Le signalement est masqué. Rien n'est effacé : il reste parmi les masqués.",
    "shown": "Le signalement est de nouveau affiché ; la personne de permanence est prévenue.",
    "frozen": "Le signalement est gelé : rien n'en sera effacé tant que le gel n'est pas levé.",
    "unfrozen": "Le gel est levé : le signalement sera effacé à son terme, comme les autres.",
    "unchanged": "Rien n'a changé : quelqu'un l'avait déjà fait.",
    "retried": "Les courriels en attente partent dès que le relais les prend.",
}


def _empty_reply() -> ReplyForm:
    form = ReplyForm()
    form.submission()
    return form


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForms:
    """A refused form keeps what was typed, and its errors."""

    acknowledge: AcknowledgeForm = field(default_factory=AcknowledgeForm)
    note: NoteForm = field(default_factory=NoteForm)
    reply: ReplyForm = field(default_factory=_empty_reply)
    close: CloseForm = field(default_factory=lambda: CloseForm(data={"outcome": Outcome.RESOLVED}))
    mark: MarkForm = field(default_factory=MarkForm)
    hold: HoldForm = field(default_factory=HoldForm)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """``due``: latest time to acknowledge; ``waits_since``: when it was received or last reopened; ``result``: of
    an action, a code of RESULTS; ``candidates``: what the report may repeat; ``similar``: how many its
    line holds; ``renewed``: this is a fragment for an open page.
    """

    report: StoredReport
    opened: OpenedReport
    status: ReportStatus
    breach: Breach | None
    member: Member
    place: str
    due: datetime | None
    waits_since: datetime
    mails: Sequence[Sending]
    entries: Sequence[Entry]
    keeping: Keeping
    forms: ReportForms
    repetition: Repetition
    candidates: Sequence[ListedReport]
    similar: int
    result: str
    version: str
    now: datetime
    renewed: bool = False

    @property
    def kind(self) -> Kind:
        return kind_of(self.report.kind)

    @property
    def state(self) -> str:
        return "hidden" if self.status.hidden_as else self.status.state

    @property
    def breach_state(self) -> str:
        return state_words(self.breach, self.now) if self.breach else ""

    @property
    def technical(self) -> list[Row]:
        return [row for row in self.opened.rows.technical if row.label not in opened_report.HIDDEN_ROWS]

    @property
    def result_words(self) -> str | None:
        return RESULTS.get(self.result)

    @property
    def mine(self) -> bool:
        return self.status.taken_account == self.member.name

    @property
    def overdue(self) -> bool:
        return self.due is not None and self.now > self.due

    @property
    def eta_passed(self) -> bool:
        return self.status.eta_at is not None and self.now > self.status.eta_at

    @property
    def usual_eta(self) -> Eta:
        return USUAL_ETA[self.report.severity]

    @property
    def may_act(self) -> bool:
        return self.member.role in ACTORS

    @property
    def may_decide(self) -> bool:
        return self.member.role in DECIDERS

    @property
    def may_hold(self) -> bool:
        return self.member.role in HOLDERS

    @property
    def may_retry(self) -> bool:
        return self.may_act and any(
            mail.state is DeliveryState.HELD or (mail.state is DeliveryState.QUEUED and mail.attempts > 0)
            for mail in self.mails
        )

    def is_late(self, mail: Sending) -> bool:
        waits = mail.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
        return waits and mail.created_at < self.now - LATE_AFTER

    @property
    def answered(self) -> list[Sending]:
        """Mails that the relay accepted, with its reply."""
        return [mail for mail in self.mails if mail.state is DeliveryState.SENT and mail.last_reply]


@blueprint.get("/<reference>")
@permissions.for_roles(*READERS)
def show(reference: str) -> ResponseReturnValue:
    """Opening a report changes nothing but the trace, which records the reading."""
    report = opened_report.find(reference)
    if report.reference != reference:
        return redirect(url_for("report.show", reference=report.reference), 301)
    _note_reading(report)
    return page(report)


@blueprint.get("/<reference>/status")
@permissions.for_roles(*READERS)
def status(reference: str) -> ResponseReturnValue:
    """Polled every 4 seconds; not recorded as a reading. 204 if nothing changed."""
    report = opened_report.find(reference)
    if request.args.get("version") == version_of(report, clock.now()):
        return "", 204
    return render_template("staff/_status.html", page=_page_of(report, renewed=True))


def page(report: StoredReport, forms: ReportForms | None = None) -> str:
    return render_template("staff/report.html", page=_page_of(report, forms=forms))


def _page_of(report: StoredReport, *, forms: ReportForms | None = None, renewed: bool = False) -> ReportPage:
    db, settings, now = database(), current_settings(), clock.now()
    version = version_of(report, now)  # before the reads below: a change meanwhile must show at the next poll
    status = opened_report.status_of(report)
    since = of_report.opened_again(db, [report.reference]).get(report.reference, status.received_at)
    return ReportPage(
        report=report,
        opened=opened_report.open_with_key(report),
        status=status,
        breach=breaches.find(db, report.reference),
        member=permissions.current_member(),
        place=words.place(settings, report.site, report.zone),
        due=list_rows.due_of(settings, status, since),
        waits_since=since,
        mails=of_report.sendings(db, report.id),
        entries=opened_report.told_since(report),
        keeping=keeping_of(db, settings, status, opened_report.account_names(db)),
        forms=forms or ReportForms(),
        repetition=repetition_of(status),
        candidates=line_members.candidates(db, status, now),
        similar=line_members.counted(db, report.reference).every,
        result=request.args.get("result", ""),
        version=version,
        now=now,
        renewed=renewed,
    )


def version_of(report: StoredReport, now: datetime) -> str:
    return f"{report_lists.report_stamp(database(), report.reference)}.{int(now.timestamp()) // 60}"


def _note_reading(report: StoredReport) -> None:
    """If the commit fails (disk full), the report can still be read."""
    try:
        last_seen.record_read(database(), permissions.current_member().name, report.reference, clock.now())
    except NotConfirmed:
        log.exception("a reading of %s could not be noted", report.reference)
        distrust_database()
