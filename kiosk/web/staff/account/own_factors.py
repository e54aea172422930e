"""Second factors of one's own account: list, add, remove, new recovery codes. Each change asks for the password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES
from kiosk.store.staff import recovery_codes, second_factors
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.second_factors import Factor
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import passkeys, proofs, set_up
from kiosk.web.staff.access.onward import Onward
from kiosk.web.staff.access.permissions import current_member, for_roles
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.sign_in import Attempt, confirm_password
from kiosk.web.staff.account.forms import ChangeFactorsForm

ADD, CODES = "add", "codes"

blueprint = Blueprint("own_factors", __name__, url_prefix="/account/second-factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFactorsPage:
    """``codes``: how many recovery codes are left; ``must``: the role must keep one factor."""

    now: datetime
    factors: Sequence[Factor]
    codes: int
    must: bool
    full: bool
    host: str
    form: ChangeFactorsForm
    objection: str = ""


@blueprint.get("")
@for_roles(*ALL_ROLES)
def overview() -> ResponseReturnValue:
    return _page()


@blueprint.post("")
@for_roles(*ALL_ROLES, keeps=False)
@takes(ChangeFactorsForm)
def change() -> ResponseReturnValue:
    member, form = current_member(), ChangeFactorsForm(request.form)
    attempt = confirm_password(member, form.current.data)
    if attempt.wait:
        return _page(f"Réessayez dans {attempt.wait} s.", 429, wait=attempt.wait)
    if attempt.member is None:
        return _page("Ce n'est pas votre mot de passe.", 422)
    if form.act.data == ADD:
        return _add(member, attempt)
    if form.act.data == CODES and second_factors.of_member(database(), member.id):
        return set_up.show_codes(second_factors.new_codes(database(), member, clock.now()), Onward(set_up.OWN_FACTORS))
    return _remove(member, form.act.data)


def _add(member: Member, attempt: Attempt) -> ResponseReturnValue:
    proof = proofs.give(member, attempt.password_hash, signs_in=False)
    return set_up.offer(proof, Onward(set_up.OWN_FACTORS)) if proof else abort(409)


def _remove(member: Member, number: str) -> ResponseReturnValue:
    factor = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
    if not second_factors.remove(database(), member, factor, clock.now(), keep_one=_must(member)):
        return _page("Ce facteur ne peut pas être retiré.", 422)
    return redirect(set_up.OWN_FACTORS, 303)


def _must(member: Member) -> bool:
    return member.role in current_settings().staff.second_factor


def _page(objection: str = "", status: int = 200, wait: int = 0) -> Response:
    member, db = current_member(), database()
    factors = second_factors.of_member(db, member.id)
    page = OwnFactorsPage(
        now=clock.now(),
        factors=factors,
        codes=recovery_codes.left(db, member.id),
        must=_must(member),
        full=len(factors) >= second_factors.MOST,
        host=passkeys.host(),
        form=ChangeFactorsForm(),
        objection=objection,
    )
    response = make_response(render_template("staff/own_factors.html", page=page), status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
