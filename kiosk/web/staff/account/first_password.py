"""First password, set through a one-time link. No Referer header passes on the link's token."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.store.keys.reader_keys import NewPair
from kiosk.store.staff import accounts, passwords, sessions
from kiosk.store.staff.accounts import Member
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import entering, keyring
from kiosk.web.staff.access.onward import Onward
from kiosk.web.staff.access.permissions import open_to_all
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.account.forms import FirstPasswordForm


@dataclass(frozen=True, slots=True)
class Chosen:
    """``objection``: why the password is refused, or empty; ``pair``: wrapped with the password."""

    objection: str
    password_hash: str = ""
    pair: NewPair | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPasswordPage:
    form: FirstPasswordForm
    newcomer: Member
    objection: str = ""


blueprint = Blueprint("first_password", __name__)


@blueprint.get("/first-password/<token>")
@open_to_all
def form(token: str) -> ResponseReturnValue:
    member = accounts.member_of_link(database(), sessions.digest(token), clock.now())
    if member is None:
        return _too_late()
    return _page(FirstPasswordPage(form=FirstPasswordForm(), newcomer=member), 200)


@blueprint.post("/first-password/<token>")
@open_to_all
@takes(FirstPasswordForm)
def choose(token: str) -> ResponseReturnValue:
    link, now = sessions.digest(token), clock.now()
    member = accounts.member_of_link(database(), link, now)
    if member is None:
        return _too_late()
    pair = keyring.new_pair(member)
    form = FirstPasswordForm(request.form)
    chosen = judged(form, member, pair)
    if chosen.objection:
        return _page(FirstPasswordPage(form=form, newcomer=member, objection=chosen.objection), 422)
    if accounts.use_link(database(), link, chosen.password_hash, now, pair=chosen.pair) is None:
        return _too_late()
    return entering.enter(member, chosen.password_hash, pair, Onward()) or _too_late()


def judged(form: FirstPasswordForm, member: Member, pair: X25519PrivateKey | None) -> Chosen:
    """Check and hash the new password; wrap ``pair`` with it."""
    password, settings = form.password.data, current_settings()
    names = [member.name, member.display_name, settings.organisation.name, *(site.name for site in settings.sites)]
    objection = passwords.objection(password, form.password_again.data, *names)
    try:
        if objection:
            return Chosen(objection)
        return Chosen("", passwords.hashed(password), keyring.wrapped(pair, password) if pair else None)
    except passwords.TooBusy:
        return Chosen("La borne est occupée. Attendez quelques secondes et recommencez.")


def _page(page: FirstPasswordPage, status: int) -> Response:
    return _telling_nobody(make_response(render_template("staff/first_password.html", page=page), status))


def _too_late() -> Response:
    return _telling_nobody(make_response(render_template("staff/link_over.html"), 404))


def _telling_nobody(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
