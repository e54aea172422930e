"""One report: its decisive facts first, then who has it, what was written since, and how far its mails have come."""

import logging
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.breaches.decision import state_words
from kiosk.domain.catalogue import kind_of
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.handling import Eta, HoldReason, Outcome
from kiosk.domain.roles import ACTORS, DECIDERS, HOLDERS, READERS
from kiosk.domain.severity import Severity
from kiosk.errors import NotConfirmed
from kiosk.store.reports import breaches, report_lists
from kiosk.store.reports.stored_report import StoredReport
from kiosk.store.staff import last_seen
from kiosk.store.trace import of_report
from kiosk.store.trace.of_report import Sending
from kiosk.store.watch.health import LATE_AFTER
from kiosk.web.shared.context import current_settings, database, distrust_database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import list_rows
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.keeping import keeping_of
from kiosk.web.staff.shared import words

log = logging.getLogger(__name__)
blueprint = Blueprint("report", __name__, url_prefix="/reports")

# What a tap on the large button promises; the others stand beside it.
USUAL_ETA = {Severity.CRITICAL: Eta.QUARTER, Severity.HIGH: Eta.HOUR, Severity.NORMAL: Eta.TODAY}
OUTCOMES = [outcome for outcome in Outcome if outcome != Outcome.FOUND]  # that one is the reporter's to say
RESULTS = {
    "taken": "C'est noté : vous vous en occupez. Ceux qui étaient prévenus l'apprennent par courriel.",
    "late": "",  # how the report stands says who was quicker
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


@blueprint.get("/<reference>")
@permissions.for_roles(*READERS)
def show(reference: str) -> ResponseReturnValue:
    """Opening a report changes nothing; that it was read stands in its trace."""
    report = opened_report.find(reference)
    if report.reference != reference:
        return redirect(url_for("report.show", reference=report.reference), 301)
    _note_reading(report)
    return page(report)


@blueprint.get("/<reference>/standing")
@permissions.for_roles(*READERS)
def standing(reference: str) -> ResponseReturnValue:
    """Asked by the open page, every few seconds; no reading of its own."""
    report = opened_report.find(reference)
    if request.args.get("version") == version_of(report, clock.now()):
        return "", 204
    return render_template("staff/_standing.html", renewed=True, **_living(report))


def page(report: StoredReport, **typed: Any) -> str:  # noqa: ANN401 - what a refused form held, and its objection
    """``typed`` brings back what was written in a form that could not be taken."""
    opened = opened_report.open_with_key(report)
    breach = breaches.find(database(), report.reference)
    return render_template(
        "staff/report.html",
        dossier=opened,
        breach=breach,
        breach_state=state_words(breach, clock.now()) if breach else "",
        decides=permissions.current_member().role in DECIDERS,
        technical=[row for row in opened.sheet.technical if row.label not in opened_report.HIDDEN_ROWS],
        result=request.args.get("result", ""),
        results=RESULTS,
        reply_id=uuid4(),
        typed=typed,
        **_living(report),
    )


def _living(report: StoredReport) -> dict[str, Any]:
    """What may change while the page is open."""
    settings, now = current_settings(), clock.now()
    version = version_of(report, now)
    stands = opened_report.standing_of(report)
    since = of_report.opened_again(database(), [report.reference]).get(report.reference, stands.received_at)
    sendings = of_report.sendings(database(), report.id)
    return {
        "report": report,
        "stands": stands,
        "kind": kind_of(report.kind),
        "place": words.place(settings, report.site, report.zone),
        "due": list_rows.due_of(settings, stands, since),
        "waits_since": since,
        "mine": stands.taken_account == permissions.current_member().name,
        "may_act": permissions.current_member().role in ACTORS,
        "usual_eta": USUAL_ETA[report.severity],
        "etas": list(Eta),
        "outcomes": OUTCOMES,
        "hold_reasons": list(HoldReason),
        "late_since": now - LATE_AFTER,
        "sendings": sendings,
        "may_retry": any(_may_be_retried(one) for one in sendings),
        "entries": opened_report.told_since(report),
        "keeping": keeping_of(database(), settings, stands, opened_report.account_names(database())),
        "may_hold": permissions.current_member().role in HOLDERS,
        "version": version,
        "words": words,
        "now": now,
    }


def _may_be_retried(mail: Sending) -> bool:
    return mail.state is DeliveryState.HELD or (mail.state is DeliveryState.QUEUED and mail.attempts > 0)


def version_of(report: StoredReport, now: datetime) -> str:
    return f"{report_lists.report_stamp(database(), report.reference)}.{int(now.timestamp()) // 60}"


def _note_reading(report: StoredReport) -> None:
    """Where the disk takes nothing more, the report can still be read."""
    try:
        last_seen.record_read(database(), permissions.current_member().name, report.reference, clock.now())
    except NotConfirmed:
        log.exception("a reading of %s could not be noted", report.reference)
        distrust_database()
