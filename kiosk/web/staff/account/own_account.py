"""Account page: open sessions and password change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES
from kiosk.store.keys import grants
from kiosk.store.staff import own_password, second_factors, sessions
from kiosk.store.staff.account_list import ListedAccount, listed_accounts
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sessions import Session
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, session, unlocked_keys
from kiosk.web.staff.access.keyring import Closed
from kiosk.web.staff.access.permissions import current_member, for_roles
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.sign_in import Attempt, confirm_password
from kiosk.web.staff.account.colleagues import people
from kiosk.web.staff.account.first_password import Chosen, judged
from kiosk.web.staff.account.forms import ChangePasswordForm, EndOwnSessionForm, KnownToOthers


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """``own``: with the key's fingerprint; ``names``: of colleagues, by sign-in name.

    ``reading``: why the member cannot read; ``factors``: how many second factors there are.
    ``objection``: why the password is unchanged; ``sessions_objection``: why no session ended.
    """

    member: Member
    sites: Sequence[str]
    own: ListedAccount | None
    names: Mapping[str, str]
    sessions: Sequence[Session]
    this_session: int | None
    reading: Closed | None
    factors: int
    must_have_factor: bool
    end_form: EndOwnSessionForm
    sessions_objection: str
    form: ChangePasswordForm
    objection: str
    changed: bool


blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@for_roles(*ALL_ROLES)
def overview() -> str:
    return _page()


@blueprint.post("/sessions")
@for_roles(*ALL_ROLES, keeps=False)
@takes(EndOwnSessionForm)
def end_session() -> ResponseReturnValue:
    """Of another browser; with the password, so that somebody at an open console cannot."""
    member, form, signed = current_member(), EndOwnSessionForm(request.form), session.signed()
    number = int(form.session.data) if re.fullmatch("[0-9]{1,9}", form.session.data) else 0
    if signed and number == signed.id:
        abort(400)  # sign-out ends the current session
    attempt = confirm_password(member, form.current.data)
    if attempt.wait:
        return _refused(f"Réessayez dans {attempt.wait} s.", 429, wait=attempt.wait, of_sessions=True)
    if attempt.member is None:
        return _refused("Ce n'est pas votre mot de passe.", 422, of_sessions=True)
    if sessions.revoke(database(), member, number, clock.now()):
        unlocked_keys.of_app().forget_session(number)
    return redirect("/account", 303)


@blueprint.post("/password")
@for_roles(*ALL_ROLES, keeps=False)
@takes(ChangePasswordForm)
def change_password() -> ResponseReturnValue:
    member, form = current_member(), ChangePasswordForm(request.form)
    attempt = confirm_password(member, form.current.data)
    if attempt.wait:
        return _refused(f"Réessayez dans {attempt.wait} s.", 429, wait=attempt.wait)
    if attempt.member is None:
        return _refused("Le mot de passe actuel n'est pas le bon.", 422)
    renewed = form.known.data is KnownToOthers.YES
    pair = keyring.new_pair(member) if renewed else attempt.pair
    chosen = judged(form, member, pair)
    if chosen.objection:
        return _refused(chosen.objection, 422)
    if not _changed(member, attempt, chosen, renewed=renewed):
        abort(409)
    session.begin(member, chosen.password_hash)
    keyring.unlock(pair)
    return redirect("/account?changed=1", 303)


def _changed(member: Member, attempt: Attempt, chosen: Chosen, *, renewed: bool) -> bool:
    """End all sessions of the member, and forget their keys. ``renewed``: ``chosen.pair`` is a new one."""
    db, opened = database(), dict[int, X25519PrivateKey]()
    if renewed and attempt.pair:
        opened = grants.opened_by_reader(db, attempt.pair)
    changed = own_password.change_password(
        db,
        member,
        attempt.password_hash,
        chosen.password_hash,
        clock.now(),
        pair=chosen.pair,
        opened=opened if renewed else None,
    )
    if changed:
        unlocked_keys.of_app().forget_member(member.id)
    return changed


def _refused(objection: str, status: int, wait: int = 0, *, of_sessions: bool = False) -> Response:
    page = _page(sessions_objection=objection) if of_sessions else _page(objection)
    response = make_response(page, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _page(objection: str = "", *, sessions_objection: str = "") -> str:
    member, signed = current_member(), session.signed()
    names = {site.id: site.name for site in current_settings().sites}
    listed = {one.account.member.name: one for one in listed_accounts(database(), clock.now())}
    page = AccountPage(
        member=member,
        sites=[names.get(site, site) for site in member.sites],
        own=listed.get(member.name),
        names=people(listed.values()),
        sessions=sessions.of_member(database(), member, clock.now(), session.idle()),
        this_session=signed.id if signed else None,
        reading=keyring.reading(),
        factors=len(second_factors.of_member(database(), member.id)),
        must_have_factor=member.role in current_settings().staff.second_factor,
        end_form=EndOwnSessionForm(),
        sessions_objection=sessions_objection,
        form=ChangePasswordForm(data={"known": KnownToOthers.NO}),
        objection=objection,
        changed="changed" in request.args,
    )
    return render_template("staff/account.html", page=page)
