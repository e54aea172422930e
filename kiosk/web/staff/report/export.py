"""One report with its whole trace, to take along: on paper, or as a file that somebody else can check.

Asked for by POST, because that it was taken along is itself part of its trace.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import READERS
from kiosk.reporting.export import export
from kiosk.store.reports.stored_report import StoredReport
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.opened_report import OpenedReport
from kiosk.web.staff.shared import words
from kiosk.web.staff.shared.download import as_json_file

blueprint = Blueprint("export", __name__, url_prefix="/reports/<reference>/export")


@blueprint.post("/file")
@permissions.for_roles(*READERS)
def file(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    opened = opened_report.open_with_key(report)
    if opened.closed is Closed.LOCKED:
        return _unlock_first(report)
    return as_json_file(_export(opened), f"signalement-{report.reference}.json")


@blueprint.post("/page")
@permissions.for_roles(*READERS)
def page(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    opened = opened_report.open_with_key(report)
    if opened.closed is Closed.LOCKED:
        return _unlock_first(report)
    taken_along, now = _export(opened), clock.now()
    return render_template(
        "staff/export.html",
        report=report,
        dossier=opened,
        exported=taken_along,
        stands=opened_report.standing_of(report),
        place=words.place(current_settings(), report.site, report.zone),
        entries=opened_report.told_since(report)[::-1],
        digests={event["sequence"]: event["digest"] for event in taken_along["events"]},
        words=words,
        at=lambda text: words.moment_words(clock.from_text(text)),
        now=now,
    )


def _unlock_first(report: StoredReport) -> ResponseReturnValue:
    """What lies elsewhere is not to lack its words for want of a password that is at hand."""
    return redirect(url_for("unlock.form", next=url_for("report.show", reference=report.reference)), 303)


def _export(opened: OpenedReport) -> dict[str, Any]:
    key_of = keyring.key_of() if opened.legible else None
    return export(database(), opened.facts, key_of, actor=permissions.acting(), now=clock.now())
