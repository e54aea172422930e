"""One report: its decisive facts first, then who has it, what was written since, and how far its mails have come."""

import logging
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.severity import Severity
from kiosk.duty.acts import Outcome
from kiosk.duty.breaches import state_words
from kiosk.duty.eta import Eta
from kiosk.errors import NotConfirmed
from kiosk.intake.catalogue import kind_of
from kiosk.store import breaches, console, history, visits
from kiosk.store.health import LATE_AFTER
from kiosk.store.kept import Kept
from kiosk.web.context import current_settings, database, distrust_database
from kiosk.web.staff import access, dossier, lines, words
from kiosk.web.staff.console import ACTORS, DECIDERS, HOLDERS, READERS
from kiosk.web.staff.keeping import keeping_of

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
@access.for_roles(*READERS)
def show(reference: str) -> ResponseReturnValue:
    """Opening a report changes nothing; that it was read stands in its trace."""
    report = dossier.find(reference)
    if report.reference != reference:
        return redirect(url_for("report.show", reference=report.reference), 301)
    _note_reading(report)
    return page(report)


@blueprint.get("/<reference>/standing")
@access.for_roles(*READERS)
def standing(reference: str) -> ResponseReturnValue:
    """Asked by the open page, every few seconds; no reading of its own."""
    report = dossier.find(reference)
    if request.args.get("version") == version_of(report, clock.now()):
        return "", 204
    return render_template("staff/_standing.html", renewed=True, **_living(report))


def page(report: Kept, **typed: Any) -> str:  # noqa: ANN401 - what a refused form held, and its objection
    """``typed`` brings back what was written in a form that could not be taken."""
    opened = dossier.open_dossier(report)
    breach = breaches.find(database(), report.reference)
    return render_template(
        "staff/report.html",
        dossier=opened,
        breach=breach,
        breach_state=state_words(breach, clock.now()) if breach else "",
        decides=access.current_member().role in DECIDERS,
        technical=[row for row in opened.sheet.technical if row.label not in dossier.HIDDEN_ROWS],
        result=request.args.get("result", ""),
        results=RESULTS,
        reply_id=uuid4(),
        typed=typed,
        **_living(report),
    )


def _living(report: Kept) -> dict[str, Any]:
    """What may change while the page is open."""
    settings, now = current_settings(), clock.now()
    version = version_of(report, now)
    stands = dossier.standing_of(report)
    since = history.opened_again(database(), [report.reference]).get(report.reference, stands.received_at)
    sendings = history.sendings(database(), report.id)
    return {
        "report": report,
        "stands": stands,
        "kind": kind_of(report.kind),
        "place": words.place(settings, report.site, report.zone),
        "due": lines.due_of(settings, stands, since),
        "waits_since": since,
        "mine": stands.taken_account == access.current_member().name,
        "may_act": access.current_member().role in ACTORS,
        "usual_eta": USUAL_ETA[report.severity],
        "etas": list(Eta),
        "outcomes": OUTCOMES,
        "late_since": now - LATE_AFTER,
        "sendings": sendings,
        "may_retry": any(one.state == "held" or (one.state == "queued" and one.attempts) for one in sendings),
        "entries": dossier.told_since(report),
        "keeping": keeping_of(database(), settings, stands, dossier.account_names(database())),
        "may_hold": access.current_member().role in HOLDERS,
        "version": version,
        "words": words,
        "now": now,
    }


def version_of(report: Kept, now: datetime) -> str:
    return f"{console.report_stamp(database(), report.reference)}.{int(now.timestamp()) // 60}"


def _note_reading(report: Kept) -> None:
    """Where the disk takes nothing more, the report can still be read."""
    try:
        visits.record_read(database(), access.current_member().name, report.reference, clock.now())
    except NotConfirmed:
        log.exception("a reading of %s could not be noted", report.reference)
        distrust_database()
