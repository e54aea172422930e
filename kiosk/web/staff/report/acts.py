"""What staff do about a report. Each act answers with the report's page, so that a reload repeats nothing."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.domain.roles import ACTORS, READERS
from kiosk.domain.submission import Submission
from kiosk.domain.text import clean_text
from kiosk.duty import acts
from kiosk.errors import StoreError
from kiosk.reporting import reply as replies
from kiosk.store.outbox import deliveries, wakeup
from kiosk.store.reports.notes import Note
from kiosk.store.reports.stored_report import StoredReport
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.report_page import OUTCOMES, page

TEXT_LIMIT = replies.REPLY_LIMIT  # characters of a note too
SAME_NOTE = timedelta(minutes=1)  # in which the same words are a second press of the same button

EMPTY = "Écrivez quelques mots avant d'enregistrer."
TOO_LONG = f"C'est trop long : {TEXT_LIMIT} caractères au plus. Rien n'est perdu, raccourcissez."

blueprint = Blueprint("acts", __name__, url_prefix="/reports/<reference>")


@blueprint.post("/acknowledge")
@permissions.for_roles(*ACTORS)
def acknowledge(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    taken = acts.acknowledge(
        database(), current_settings(), report.reference, actor=acting(), eta=_eta(), now=clock.now()
    )
    return answer(report, "taken" if taken.done or taken.report.taken_account == acting().name else "late")


@blueprint.post("/take-over")
@permissions.for_roles(*ACTORS)
def take_over(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    taken = acts.take_over(
        database(), current_settings(), report.reference, actor=acting(), eta=_eta(), now=clock.now()
    )
    return answer(report, "taken" if taken.done else "late")


@blueprint.post("/note")
@permissions.for_roles(*READERS)
def note(reference: str) -> ResponseReturnValue:
    report, text = opened_report.find(reference), _text("note")
    if objection := _objection(text):
        return page(report, note=text, note_objection=objection), 422
    _write_note(report, text)
    return answer(report, "noted")


@blueprint.post("/reply")
@permissions.for_roles(*ACTORS)
def reply(reference: str) -> ResponseReturnValue:
    report, text = opened_report.find(reference), _text("reply")
    if objection := _objection(text):
        return page(report, reply=text, reply_objection=objection), 422
    replies.reply(database(), report.reference, text, actor=acting(), now=clock.now(), submission=_submission())
    return answer(report, "replied")


@blueprint.post("/close")
@permissions.for_roles(*ACTORS)
def close(reference: str) -> ResponseReturnValue:
    report, text = opened_report.find(reference), _text("note")
    given = request.form.get("outcome", "")
    if given not in OUTCOMES:
        return page(report, closing=text, closing_objection="Choisissez une issue."), 422
    if len(text) > TEXT_LIMIT:
        return page(report, closing=text, outcome=given, closing_objection=TOO_LONG), 422
    if text:
        _write_note(report, text)
    outcome, settings = Outcome(given), current_settings()
    closed = acts.close(database(), settings, report.reference, actor=acting(), outcome=outcome, now=clock.now())
    return answer(report, "closed" if closed.done else "unchanged")


@blueprint.post("/reopen")
@permissions.for_roles(*ACTORS)
def reopen(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    opened = acts.reopen(database(), current_settings(), report.reference, actor=acting(), now=clock.now())
    return answer(report, "reopened" if opened.done else "unchanged")


@blueprint.post("/mark")
@permissions.for_roles(*ACTORS)
def mark(reference: str) -> ResponseReturnValue:
    report, given = opened_report.find(reference), request.form.get("as", "")
    if given not in list(HiddenAs):
        abort(400)
    hidden_as, settings = HiddenAs(given), current_settings()
    hidden = acts.mark(database(), settings, report.reference, actor=acting(), hidden_as=hidden_as, now=clock.now())
    return answer(report, "hidden" if hidden.done else "unchanged")


@blueprint.post("/unmark")
@permissions.for_roles(*ACTORS)
def unmark(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    shown = acts.unmark(database(), current_settings(), report.reference, actor=acting(), now=clock.now())
    return answer(report, "shown" if shown.done else "unchanged")


@blueprint.post("/retry")
@permissions.for_roles(*ACTORS)
def retry(reference: str) -> ResponseReturnValue:
    """Held and waiting mails of this report are tried again at once."""
    report = opened_report.find(reference)
    deliveries.retry_now(database(), reference=report.reference, actor=acting().name, now=clock.now())
    wakeup.wake(current_settings().instance)
    return answer(report, "retried")


def answer(report: StoredReport, result: str) -> ResponseReturnValue:
    return redirect(url_for("report.show", reference=report.reference, result=result), 303)


def _eta() -> Eta:
    given = request.form.get("eta", "")
    if given not in list(Eta):
        abort(400)
    return Eta(given)


def _text(name: str) -> str:
    return clean_text(request.form.get(name, ""))


def _objection(text: str) -> str:
    if not text:
        return EMPTY
    return TOO_LONG if len(text) > TEXT_LIMIT else ""


def _write_note(report: StoredReport, text: str) -> None:
    """A second press of the same button writes no second note."""
    now, author = clock.now(), acting()
    last = _last_note(report)
    if last and (last.text, last.author) == (text, author.display_name) and abs(now - last.at) < SAME_NOTE:
        return
    acts.note(database(), report.reference, text, actor=author, now=now)


def _last_note(report: StoredReport) -> Note | None:
    """Where the site's key is missing, notes can still be written."""
    try:
        return next(reversed(acts.notes_of(database(), report.reference, keyring.key_of())), None)
    except StoreError:
        return None


def _submission() -> Submission:
    return Submission.posted(request.form.get("submission_id")) or Submission()
