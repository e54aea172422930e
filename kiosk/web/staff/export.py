"""One report with its whole trace, to take along: on paper, or as a file that somebody else can check.

Asked for by POST, because that it was taken along is itself part of its trace.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.duty.export import export
from kiosk.store.kept import Kept
from kiosk.web.context import current_settings, database
from kiosk.web.staff import access, dossier, keyring, words
from kiosk.web.staff.console import READERS
from kiosk.web.staff.dossier import Dossier
from kiosk.web.staff.download import as_json_file
from kiosk.web.staff.keyring import Closed

blueprint = Blueprint("export", __name__, url_prefix="/reports/<reference>/export")


@blueprint.post("/file")
@access.for_roles(*READERS)
def file(reference: str) -> ResponseReturnValue:
    report = dossier.find(reference)
    opened = dossier.open_dossier(report)
    if opened.closed is Closed.LOCKED:
        return _unlock_first(report)
    return as_json_file(_export(opened), f"signalement-{report.reference}.json")


@blueprint.post("/page")
@access.for_roles(*READERS)
def page(reference: str) -> ResponseReturnValue:
    report = dossier.find(reference)
    opened = dossier.open_dossier(report)
    if opened.closed is Closed.LOCKED:
        return _unlock_first(report)
    taken_along, now = _export(opened), clock.now()
    return render_template(
        "staff/export.html",
        report=report,
        dossier=opened,
        exported=taken_along,
        stands=dossier.standing_of(report),
        place=words.place(current_settings(), report.site, report.zone),
        entries=dossier.told_since(report)[::-1],
        digests={event["sequence"]: event["digest"] for event in taken_along["events"]},
        words=words,
        at=lambda text: words.moment_words(clock.from_text(text)),
        now=now,
    )


def _unlock_first(report: Kept) -> ResponseReturnValue:
    """What lies elsewhere is not to lack its words for want of a password that is at hand."""
    return redirect(url_for("unlock.form", next=url_for("report.show", reference=report.reference)), 303)


def _export(opened: Dossier) -> dict[str, Any]:
    key_of = keyring.key_of() if opened.legible else None
    return export(database(), opened.facts, key_of, actor=access.acting(), now=clock.now())
