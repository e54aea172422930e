"""One's password once more, when the kiosk was started anew since the sign-in: keys are kept in memory alone."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk.domain.roles import READERS
from kiosk.store.staff import sign_in_throttle
from kiosk.web.shared.context import database
from kiosk.web.staff.access import keyring
from kiosk.web.staff.access.permissions import current_member, for_roles, our_address
from kiosk.web.staff.access.sign_in import try_password

blueprint = Blueprint("unlock", __name__)


@blueprint.get("/unlock")
@for_roles(*READERS)
def form() -> ResponseReturnValue:
    wanted = our_address(request.args.get("next", "/"))
    return redirect(wanted, 303) if keyring.reading() is not keyring.Closed.LOCKED else _page(wanted, 200)


@blueprint.post("/unlock")
@for_roles(*READERS, keeps=False)
def unlock() -> ResponseReturnValue:
    wanted = our_address(request.form.get("next", "/"))
    attempt = try_password(current_member().name, request.form.get("password", ""))
    if attempt.wait:
        return _page(wanted, 429, wait=attempt.wait)
    if attempt.member is None:
        return _page(wanted, 422, refused=True)
    sign_in_throttle.give_back(database(), attempt.lanes)
    keyring.unlock(attempt.pair)
    return redirect(wanted, 303)


def _page(wanted: str, status: int, *, wait: int = 0, refused: bool = False) -> Response:
    page = render_template("staff/unlock.html", wanted=wanted, wait=wait, refused=refused)
    response = make_response(page, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
