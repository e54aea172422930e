"""Staff actions on a report. Each ends in a redirect to the report, so a reload repeats nothing."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ACTORS, READERS
from kiosk.duty import acts
from kiosk.errors import StoreError
from kiosk.reporting import reply as replies
from kiosk.store.outbox import deliveries, wakeup
from kiosk.store.reports.notes import Note
from kiosk.store.reports.stored_report import StoredReport
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.report import forms, opened_report
from kiosk.web.staff.report.repetition import repeated_by_form
from kiosk.web.staff.report.report_page import ReportForms, page

SAME_NOTE = timedelta(minutes=1)  # the same words within this time are a double press

blueprint = Blueprint("acts", __name__, url_prefix="/reports/<reference>")


@blueprint.post("/acknowledge")
@permissions.for_roles(*ACTORS)
@takes(forms.AcknowledgeForm)
def acknowledge(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.AcknowledgeForm(request.form)
    taken = acts.acknowledge(
        database(),
        current_settings(),
        report.reference,
        actor=acting(),
        eta=form.eta.data or abort(400),
        now=clock.now(),
    )
    return answer(report, "taken" if taken.done or taken.report.taken_account == acting().name else "late")


@blueprint.post("/take-over")
@permissions.for_roles(*ACTORS)
@takes(forms.TakeOverForm)
def take_over(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.TakeOverForm(request.form)
    taken = acts.take_over(
        database(),
        current_settings(),
        report.reference,
        actor=acting(),
        eta=form.eta.data or abort(400),
        now=clock.now(),
    )
    return answer(report, "taken" if taken.done else "late")


@blueprint.post("/note")
@permissions.for_roles(*READERS)
@takes(forms.NoteForm)
def note(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.NoteForm(request.form)
    if not form.validate():
        return page(report, ReportForms(note=form)), 422
    if not _is_repeated(report, form.note.data):
        acts.note(database(), report.reference, form.note.data, actor=acting(), now=clock.now())
    return answer(report, "noted")


@blueprint.post("/reply")
@permissions.for_roles(*ACTORS)
@takes(forms.ReplyForm)
def reply(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.ReplyForm(request.form)
    submission = form.submission()
    if not form.validate():
        return page(report, ReportForms(reply=form)), 422
    text = form.reply.data
    replies.reply(database(), report.reference, text, actor=acting(), now=clock.now(), submission=submission)
    return answer(report, "replied")


@blueprint.post("/close")
@permissions.for_roles(*ACTORS)
@takes(forms.CloseForm)
def close(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.CloseForm(request.form)
    outcome, valid = form.outcome.data, form.validate()
    repeats = repeated_by_form(form, opened_report.status_of(report))
    if not valid or form.first_error or outcome is None:
        return page(report, ReportForms(close=form)), 422
    note = "" if _is_repeated(report, form.note.data) else form.note.data
    db, settings, actor, now = database(), current_settings(), acting(), clock.now()
    closed = acts.close(
        db, settings, report.reference, actor=actor, outcome=outcome, now=now, note_text=note, repeats=repeats
    )
    return answer(report, "closed" if closed.done else "unchanged")


@blueprint.post("/reopen")
@permissions.for_roles(*ACTORS)
@takes(forms.ReopenForm)
def reopen(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    opened = acts.reopen(database(), current_settings(), report.reference, actor=acting(), now=clock.now())
    return answer(report, "reopened" if opened.done else "unchanged")


@blueprint.post("/mark")
@permissions.for_roles(*ACTORS)
@takes(forms.MarkForm)
def mark(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), forms.MarkForm(request.form)
    hidden_as, settings = form.hidden_as.data or abort(400), current_settings()
    hidden = acts.mark(database(), settings, report.reference, actor=acting(), hidden_as=hidden_as, now=clock.now())
    return answer(report, "hidden" if hidden.done else "unchanged")


@blueprint.post("/unmark")
@permissions.for_roles(*ACTORS)
@takes(forms.UnmarkForm)
def unmark(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    shown = acts.unmark(database(), current_settings(), report.reference, actor=acting(), now=clock.now())
    return answer(report, "shown" if shown.done else "unchanged")


@blueprint.post("/retry")
@permissions.for_roles(*ACTORS)
@takes(forms.RetryForm)
def retry(reference: str) -> ResponseReturnValue:
    """Retry held and waiting mails at once."""
    report = opened_report.find(reference)
    deliveries.retry_now(database(), reference=report.reference, actor=acting().name, now=clock.now())
    wakeup.wake(current_settings().instance)
    return answer(report, "retried")


def answer(report: StoredReport, result: str) -> ResponseReturnValue:
    return redirect(url_for("report.show", reference=report.reference, result=result), 303)


def _is_repeated(report: StoredReport, text: str) -> bool:
    """True if a double press repeats the last note."""
    last = _last_note(report)
    if last is None:
        return False
    return (last.text, last.author) == (text, acting().display_name) and abs(clock.now() - last.at) < SAME_NOTE


def _last_note(report: StoredReport) -> Note | None:
    """None also without the site's key, which writing does not need."""
    try:
        return next(reversed(acts.notes_of(database(), report.reference, keyring.key_of())), None)
    except StoreError:
        return None
