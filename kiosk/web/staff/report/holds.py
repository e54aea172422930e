"""Report holds (*gel*): place and release the order to keep a report beyond its retention time."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import HOLDERS
from kiosk.store.keeping import holds
from kiosk.web.shared.context import database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.access.permissions import acting
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.report import opened_report
from kiosk.web.staff.report.acts import answer
from kiosk.web.staff.report.forms import HoldForm, ReleaseForm

blueprint = Blueprint("holds", __name__, url_prefix="/reports/<reference>")


@blueprint.post("/hold")
@permissions.for_roles(*HOLDERS)
@takes(HoldForm)
def hold(reference: str) -> ResponseReturnValue:
    report, form = opened_report.find(reference), HoldForm(request.form)
    reason = form.reason.data or abort(400)
    placed = holds.place(database(), opened_report.status_of(report), reason, actor=acting().name, now=clock.now())
    return answer(report, "frozen" if placed else "unchanged")


@blueprint.post("/release")
@permissions.for_roles(*HOLDERS)
@takes(ReleaseForm)
def release(reference: str) -> ResponseReturnValue:
    report = opened_report.find(reference)
    released = holds.release(database(), opened_report.status_of(report), actor=acting().name, now=clock.now())
    return answer(report, "unfrozen" if released else "unchanged")
