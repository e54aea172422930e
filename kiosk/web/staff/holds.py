"""A report that must be kept beyond its time, and no longer: placed and lifted by those who answer for it."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.store import holds
from kiosk.web.context import database
from kiosk.web.staff import access, dossier, words
from kiosk.web.staff.access import acting
from kiosk.web.staff.acts import answer
from kiosk.web.staff.console import HOLDERS

blueprint = Blueprint("holds", __name__, url_prefix="/reports/<reference>")


@blueprint.post("/hold")
@access.for_roles(*HOLDERS)
def hold(reference: str) -> ResponseReturnValue:
    report, reason = dossier.find(reference), request.form.get("reason", "")
    if reason not in words.HOLDS:
        abort(400)
    placed = holds.place(database(), dossier.standing_of(report), reason, actor=acting().name, now=clock.now())
    return answer(report, "frozen" if placed else "unchanged")


@blueprint.post("/release")
@access.for_roles(*HOLDERS)
def release(reference: str) -> ResponseReturnValue:
    report = dossier.find(reference)
    released = holds.release(database(), dossier.standing_of(report), actor=acting().name, now=clock.now())
    return answer(report, "unfrozen" if released else "unchanged")
