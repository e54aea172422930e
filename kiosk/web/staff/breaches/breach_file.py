"""The file on one personal-data breach: a draft to correct, the decision, paper and JSON of it. For DPO and MSSI."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.breaches import cnil_form, decision, downloads
from kiosk.breaches.decision import Objection
from kiosk.breaches.draft import draft_of
from kiosk.domain.catalogue import Form
from kiosk.domain.roles import DECIDERS
from kiosk.domain.text import clean_text
from kiosk.errors import StoreError
from kiosk.mail.french import moment_words
from kiosk.store.reports import breaches
from kiosk.store.reports.breaches import Breach, Decision, Details
from kiosk.store.reports.stored_report import StoredReport
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.opened_report import OpenedReport
from kiosk.web.staff.shared import words
from kiosk.web.staff.shared.download import as_json_file

MOMENT = "%Y-%m-%dT%H:%M"  # as a browser's field for a date and a time sends it
LONGEST = 5_000  # characters of one answer
TOO_LONG = f"C'est trop long : {LONGEST} caractères au plus par réponse. Rien n'est perdu, raccourcissez."
CHANGED = "Quelqu'un a modifié ce dossier entre-temps. Vos réponses sont encore ici : relisez, puis enregistrez-les."

blueprint = Blueprint("breach", __name__, url_prefix="/reports/<reference>/breach")


@blueprint.get("")
@permissions.for_roles(*DECIDERS)
def show(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    return _page(report, breach, _told(report, breach), saved="saved" in request.args)


@blueprint.post("")
@permissions.for_roles(*DECIDERS)
def save(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    told = _given()
    decision = _judge(breach, told)
    if isinstance(decision, Objection):
        return _page(report, breach, told, objection=decision), 422
    seen = request.form.get("revision", "")
    is_current = seen == str(breach.revision)
    actor, now = acting(), clock.now()
    if not (is_current and breaches.save(database(), breach, told, decision, actor=actor.name, now=now)):
        return _page(report, _find(reference)[1], told, objection=Objection("", CHANGED)), 409
    return redirect(url_for("breach.show", reference=report.reference, saved=1), 303)


@blueprint.post("/open")
@permissions.for_roles(*DECIDERS)
def open_by_hand(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    breaches.open_by_hand(database(), report.reference, actor=acting().name, now=clock.now())
    return redirect(url_for("breach.show", reference=report.reference), 303)


@blueprint.post("/file")
@permissions.for_roles(*DECIDERS)
def file(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    if keyring.reading() is Closed.LOCKED:
        return _unlock_first(report)
    told = _told(report, breach)
    breaches.record_export(database(), report.reference, what="file", actor=acting().name, now=clock.now())
    written = downloads.as_json(breach, told, aware_by_contractor=report.aware_at)
    return as_json_file(written, f"violation-{report.reference}.json")


@blueprint.post("/page")
@permissions.for_roles(*DECIDERS)
def page(reference: str) -> ResponseReturnValue:
    report, breach = _find(reference)
    if keyring.reading() is Closed.LOCKED:
        return _unlock_first(report)
    breaches.record_export(database(), report.reference, what="page", actor=acting().name, now=clock.now())
    return render_template("staff/breach_page.html", **_living(report, breach), told=_told(report, breach))


def _find(reference: str) -> tuple[StoredReport, Breach]:
    report = opened_report.find(reference)
    breach = breaches.find(database(), report.reference)
    if breach is None:
        abort(404)
    return report, breach


def _told(report: StoredReport, breach: Breach) -> Details:
    """What was written last; a draft from the report as long as nothing was. What no key opens stays empty."""
    opened = _details(breach)
    if isinstance(opened, Closed):
        return cnil_form.accepted({})
    return opened or draft_of(opened_report.open_with_key(report).facts)


def _details(breach: Breach) -> Details | Closed | None:
    try:
        return breaches.details(database(), breach, keyring.key_of())
    except StoreError as error:
        return keyring.why(error)


def _open_dossier(report: StoredReport, breach: Breach) -> OpenedReport:
    """Closed too when the file on the breach is, which outlives the report's words: no empty form may overwrite it."""
    opened, details = opened_report.open_with_key(report), _details(breach)
    return replace(opened, closed=details) if isinstance(details, Closed) else opened


def _unlock_first(report: StoredReport) -> ResponseReturnValue:
    """What lies elsewhere is not to lack its words for want of a password that is at hand."""
    return redirect(url_for("unlock.form", next=url_for("breach.show", reference=report.reference)), 303)


def _page(report: StoredReport, breach: Breach, told: Details, **more: Any) -> str:  # noqa: ANN401 - a result or an objection
    decision = request.form.get("decision", breach.decision or "")
    notified = request.form.get("notified_at") or (
        clock.local(breach.notified_at).strftime(MOMENT) if breach.notified_at else ""
    )
    values = _living(report, breach)
    return render_template(
        "staff/breach.html", **values, told=told, chosen=decision, notified_at=notified, Form=Form, **more
    )


def _living(report: StoredReport, breach: Breach) -> dict[str, Any]:
    settings, now = current_settings(), clock.now()
    return {
        "report": report,
        "breach": breach,
        "dossier": _open_dossier(report, breach),
        "place": words.place(settings, report.site, report.zone),
        "chapters": cnil_form.CHAPTERS,
        "reasons": cnil_form.REASONS,
        "state": decision.state_words(breach, now),
        "words": words,
        "moment_words": moment_words,
        "now": now,
    }


def _given() -> Details:
    many = {each.code: request.form.getlist(each.code) for each in cnil_form.QUESTIONS if each.form is Form.SEVERAL}
    return cnil_form.accepted({name: clean_text(text) for name, text in request.form.items()} | many)


def _judge(breach: Breach, told: Details) -> Decision | Objection | None:
    for code, answer in told.items():
        if isinstance(answer, str) and len(answer) > LONGEST:
            return Objection(code, TOO_LONG)
    notified = _moment(request.form.get("notified_at", ""))
    return decision.decide(breach, request.form.get("decision", ""), notified, told, clock.now())


def _moment(text: str) -> datetime | None:
    """On French clocks."""
    try:
        return datetime.strptime(text[:16], MOMENT).replace(tzinfo=clock.PARIS).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter in the first hours of the year 1
        return None
