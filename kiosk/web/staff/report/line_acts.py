"""Staff actions on a line of similar reports. Closing and hiding ask once more, with the number of reports."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ACTORS
from kiosk.duty import line_acts
from kiosk.duty.decisions import Repeated
from kiosk.duty.line_acts import Seen
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.report import line_results, opened_report
from kiosk.web.staff.report.line_confirm import confirmation
from kiosk.web.staff.report.line_forms import CloseLineForm, MarkLineForm, TakeLineForm
from kiosk.web.staff.report.line_page import LineForms, page
from kiosk.web.staff.report.repetition import repeated_by_form

blueprint = Blueprint("line_acts", __name__, url_prefix="/lines/<reference>")


@blueprint.post("/acknowledge")
@permissions.for_roles(*ACTORS)
@takes(TakeLineForm)
def acknowledge(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), TakeLineForm(request.form)
    seen, eta = form.seen_of(report.reference) or abort(400), form.eta.data or abort(400)
    line_acts.acknowledge(database(), current_settings(), seen, actor=acting(), eta=eta, now=clock.now())
    return _answer(seen, "taken")


@blueprint.post("/close")
@permissions.for_roles(*ACTORS)
@takes(CloseLineForm)
def close(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), CloseLineForm(request.form)
    seen, valid = form.seen_of(report.reference) or abort(400), form.validate()
    repeats = repeated_by_form(form, None)
    if not valid or form.first_error:
        return page(report, LineForms(close=form)), 422
    if form.confirmed.data != "yes":
        return confirmation(report, form, "close", repeats)
    _close(seen, form, repeats)
    return _answer(seen, "closed")


@blueprint.post("/mark")
@permissions.for_roles(*ACTORS)
@takes(MarkLineForm)
def mark(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), MarkLineForm(request.form)
    seen, hidden_as = form.seen_of(report.reference) or abort(400), form.hidden_as.data or abort(400)
    if form.confirmed.data != "yes":
        return confirmation(report, form, "mark")
    settings, now = current_settings(), clock.now()
    line_acts.mark(database(), settings, seen, actor=acting(), hidden_as=hidden_as, now=now)
    return _answer(seen, "hidden")


def _close(seen: Seen, form: CloseLineForm, repeats: Repeated | None) -> None:
    db, settings, outcome = database(), current_settings(), form.outcome.data or abort(400)
    note, actor, now = form.note.data, acting(), clock.now()
    line_acts.close(db, settings, seen, actor=actor, outcome=outcome, now=now, note_text=note, repeats=repeats)


def _answer(seen: Seen, result: str) -> ResponseReturnValue:
    return redirect(line_results.address(seen, result), 303)
