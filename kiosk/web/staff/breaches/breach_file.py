"""Breach file: draft, decision, print page and JSON of one personal-data breach. DPO and MSSI only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.breaches import cnil_form, decision, downloads
from kiosk.breaches.cnil_form import Chapter
from kiosk.breaches.decision import Objection
from kiosk.breaches.draft import draft_of
from kiosk.domain.roles import DECIDERS
from kiosk.errors import StoreError
from kiosk.store.reports import breaches
from kiosk.store.reports.breaches import Breach, Decision, Details
from kiosk.store.reports.stored_report import StoredReport
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.unlock import unlock_first
from kiosk.web.staff.breaches.forms import CHANGED, BreachExportForm, BreachForm, OpenBreachForm
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.opened_report import OpenedReport
from kiosk.web.staff.shared import words
from kiosk.web.staff.shared.download import as_json_file

blueprint = Blueprint("breach", __name__, url_prefix="/reports/<reference>/breach")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachPage:
    """``told``: saved answers, or a draft."""

    report: StoredReport
    breach: Breach
    opened: OpenedReport
    place: str
    told: Details
    form: BreachForm
    now: datetime
    saved: bool = False
    chapters: Sequence[Chapter] = cnil_form.CHAPTERS

    @property
    def state(self) -> str:
        return decision.state_words(self.breach, self.now)

    @property
    def reason(self) -> str:
        return cnil_form.REASONS.get(self.told[cnil_form.REASON], "")

    @property
    def waits(self) -> bool:
        return not self.breach.decision and self.now < self.breach.deadline_at


@blueprint.get("")
@permissions.for_roles(*DECIDERS)
def show(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    return render_template("staff/breach.html", page=_page_of(report, breach, saved="saved" in request.args))


@blueprint.post("")
@permissions.for_roles(*DECIDERS)
@takes(BreachForm)
def save(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    form, actor, now = BreachForm(request.form), acting(), clock.now()
    decided = _judge(breach, form, now)
    if form.first_error:
        return render_template("staff/breach.html", page=_page_of(report, breach, form)), 422
    is_current = form.revision.data == str(breach.revision)
    if not (is_current and breaches.save(database(), breach, form.answers(), decided, actor=actor.name, now=now)):
        return _changed_meanwhile(report, form), 409
    return redirect(url_for("breach.show", reference=report.reference, saved=1), 303)


@blueprint.post("/open")
@permissions.for_roles(*DECIDERS)
@takes(OpenBreachForm)
def open_by_hand(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    breaches.open_by_hand(database(), report.reference, actor=acting().name, now=clock.now())
    return redirect(url_for("breach.show", reference=report.reference), 303)


@blueprint.post("/file")
@permissions.for_roles(*DECIDERS)
@takes(BreachExportForm)
@unlock_first("breach.show")
def file(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    told = _told(report, breach)
    breaches.record_export(database(), report.reference, what="file", actor=acting().name, now=clock.now())
    written = downloads.as_json(breach, told, aware_by_contractor=report.aware_at)
    return as_json_file(written, f"violation-{report.reference}.json")


@blueprint.post("/page")
@permissions.for_roles(*DECIDERS)
@takes(BreachExportForm)
@unlock_first("breach.show")
def page(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    breaches.record_export(database(), report.reference, what="page", actor=acting().name, now=clock.now())
    return render_template("staff/breach_page.html", page=_page_of(report, breach))


def _find(reference: str) -> tuple[StoredReport, Breach]:
    report = opened_report.find(reference)
    breach = breaches.find(database(), report.reference)
    if breach is None:
        abort(404)
    return report, breach


def _told(report: StoredReport, breach: Breach) -> Details:
    """Saved answers, before that a draft from the report; empty if they cannot be decrypted."""
    opened = _details(breach)
    if isinstance(opened, Closed):
        return cnil_form.accepted({})
    return opened or draft_of(opened_report.open_with_key(report).facts)


def _details(breach: Breach) -> Details | Closed | None:
    try:
        return breaches.details(database(), breach, keyring.key_of())
    except StoreError as error:
        return keyring.why(error)


def _opened(report: StoredReport, breach: Breach) -> OpenedReport:
    """Closed also if the saved answers cannot be decrypted: no empty form may overwrite them.

    A purged report opens without a key, so it alone does not show this.
    """
    opened, details = opened_report.open_with_key(report), _details(breach)
    return replace(opened, closed=details) if isinstance(details, Closed) else opened


def _page_of(
    report: StoredReport, breach: Breach, form: BreachForm | None = None, *, saved: bool = False
) -> BreachPage:
    told = _told(report, breach)
    return BreachPage(
        report=report,
        breach=breach,
        opened=_opened(report, breach),
        place=words.place(current_settings(), report.site, report.zone),
        told=told,
        form=form or BreachForm.of(breach, told),
        now=clock.now(),
        saved=saved,
    )


def _judge(breach: Breach, form: BreachForm, now: datetime) -> Decision | None:
    """The decision, or None while undecided or invalid. Adds errors to the form."""
    if not form.validate():
        return None
    decided = decision.decide(breach, form.decision.data, form.notified(), form.answers(), now)
    if isinstance(decided, Objection):
        form.object(decided.at, decided.words)
        return None
    return decided


def _changed_meanwhile(report: StoredReport, form: BreachForm) -> str:
    """Show the user's answers with the new revision: one more press saves them."""
    breach = _find(report.reference)[1]
    form.revision.data = str(breach.revision)
    form.object("", CHANGED)
    return render_template("staff/breach.html", page=_page_of(report, breach, form))
