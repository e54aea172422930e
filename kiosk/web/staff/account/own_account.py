"""One's own account: where one is signed in, and another password."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES
from kiosk.store.staff import accounts, sessions
from kiosk.store.staff.accounts import Member
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.texts import upper_first
from kiosk.web.staff.access import keyring, session, unlocked_keys
from kiosk.web.staff.access.permissions import current_member, for_roles
from kiosk.web.staff.access.sign_in import try_password
from kiosk.web.staff.account.first_password import Chosen, judged

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@for_roles(*ALL_ROLES)
def overview() -> str:
    return _page()


@blueprint.post("/sessions/<int(max=999999999):number>/end")
@for_roles(*ALL_ROLES, keeps=False)
def end_session(number: int) -> ResponseReturnValue:
    signed = session.signed()
    if signed and number == signed.id:
        abort(400)  # that is what signing out is for
    if sessions.revoke(database(), current_member(), number, clock.now()):
        unlocked_keys.of_app().forget_session(number)
    return redirect("/account", 303)


@blueprint.post("/password")
@for_roles(*ALL_ROLES, keeps=False)
def change_password() -> ResponseReturnValue:
    member = current_member()
    attempt = try_password(member.name, request.form.get("current", ""))
    if attempt.wait:
        return _refused(f"Réessayez dans {attempt.wait} s.", 429, wait=attempt.wait)
    if attempt.member is None:
        return _refused("Le mot de passe actuel n'est pas le bon.", 422)
    chosen = judged(member, attempt.pair)
    if chosen.objection:
        return _refused(chosen.objection, 422)
    if not _changed(member, attempt.password_hash, chosen):
        abort(409)
    session.begin(member, chosen.password_hash, attempt.lanes)
    keyring.unlock(attempt.pair)
    return redirect("/account?changed=1", 303)


def _changed(member: Member, old_hash: str, chosen: Chosen) -> bool:
    """Every session of theirs is over then, and forgets its keys."""
    changed = accounts.change_password(
        database(), member, old_hash, chosen.password_hash, clock.now(), pair=chosen.pair
    )
    if changed:
        unlocked_keys.of_app().forget_member(member.id)
    return changed


def _refused(objection: str, status: int, wait: int = 0) -> Response:
    response = make_response(_page(objection), status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _page(objection: str = "") -> str:
    member, signed = current_member(), session.signed()
    names = {site.id: site.name for site in current_settings().sites}
    return render_template(
        "staff/account.html",
        role=upper_first(member.role.french),
        sites=[names.get(site, site) for site in member.sites],
        sessions=sessions.of_member(database(), member, clock.now(), session.idle()),
        this_one=signed.id if signed else None,
        reading=keyring.reading(),
        objection=objection,
        changed="changed" in request.args,
    )
