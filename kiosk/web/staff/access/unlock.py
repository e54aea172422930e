"""Unlocking keys: they are only in memory, so after a restart members give the password again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.domain.roles import READERS
from kiosk.web.staff.access import keyring
from kiosk.web.staff.access.permissions import current_member, for_roles, our_address
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.sign_in import confirm_password
from kiosk.web.staff.shared.forms import HiddenCode, Secret, StaffForm

View = Callable[..., ResponseReturnValue]

blueprint = Blueprint("unlock", __name__)


class UnlockForm(StaffForm):
    next = HiddenCode()
    password = Secret("Mot de passe")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockPage:
    """``wait``: in seconds."""

    form: UnlockForm
    wait: int = 0
    refused: bool = False


def unlock_first(back: str) -> Callable[[View], View]:
    """If the keys are locked, redirect to the unlock page, then to the view ``back``, with the same arguments.

    An export must not lack texts that the member could unlock.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: str) -> ResponseReturnValue:
            if keyring.reading() is keyring.Closed.LOCKED:
                return redirect(url_for("unlock.form", next=url_for(back, **(request.view_args or {}))), 303)
            return view(**arguments)

        return guarded

    return guard


@blueprint.get("/unlock")
@for_roles(*READERS)
def form() -> ResponseReturnValue:
    wanted = our_address(request.args.get("next", "/"))
    if keyring.reading() is not keyring.Closed.LOCKED:
        return redirect(wanted, 303)
    return _page(UnlockPage(form=UnlockForm(data={"next": wanted})), 200)


@blueprint.post("/unlock")
@for_roles(*READERS, keeps=False)
@takes(UnlockForm)
def unlock() -> ResponseReturnValue:
    form = UnlockForm(request.form)
    form.next.data = our_address(form.next.data)
    attempt = confirm_password(current_member(), form.password.data)
    if attempt.wait:
        return _page(UnlockPage(form=form, wait=attempt.wait), 429)
    if attempt.member is None:
        return _page(UnlockPage(form=form, refused=True), 422)
    keyring.unlock(attempt.pair)
    return redirect(form.next.data, 303)


def _page(page: UnlockPage, status: int) -> Response:
    response = make_response(render_template("staff/unlock.html", page=page), status)
    if page.wait:
        response.headers["Retry-After"] = str(page.wait)
    return response
