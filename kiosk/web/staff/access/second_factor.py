"""Second step of the sign-in: a code of an app, a recovery code or a passkey. Only then the session begins."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES
from kiosk.domain.second_factor import FactorKind
from kiosk.errors import StoreError
from kiosk.store.staff import second_factors
from kiosk.store.staff.second_factors import Factor
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.headers import permissions_policy
from kiosk.web.staff.access import passkeys, proofs
from kiosk.web.staff.access.onward import Onward
from kiosk.web.staff.access.permissions import for_roles, open_to_all
from kiosk.web.staff.access.proofs import HeldProof
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.sign_in_page import OnwardForm
from kiosk.web.staff.shared.forms import HiddenCode, TypedLine

log = logging.getLogger(__name__)

LONGEST_CODE = 100  # characters

blueprint = Blueprint("second_factor", __name__, url_prefix="/second-factor")


class CodeForm(OnwardForm):
    code = TypedLine("Code")


class PasskeyForm(OnwardForm):
    """``answer``: of the browser, as JSON; written by static/js/passkey.js."""

    answer = HiddenCode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorPage:
    """``options``: question to a passkey as JSON, or empty; ``wait``: in seconds."""

    form: CodeForm
    onward: Onward
    name: str
    has_app: bool
    options: str
    wait: int = 0
    refused: bool = False


def ask(proof: HeldProof, onward: Onward, *, wait: int = 0, refused: bool = False) -> Response:
    known = second_factors.of_member(database(), proof.member.id)
    page = SecondFactorPage(
        form=CodeForm(),
        onward=onward,
        name=proof.member.name,
        has_app=any(factor.kind is FactorKind.TOTP for factor in known),
        options=passkeys.request_options(proof, known) if passkeys.usable(known) else "",
        wait=wait,
        refused=refused,
    )
    status = 429 if wait else 403 if refused else 200
    response = make_response(render_template("staff/second_factor.html", page=page), status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return allow_passkeys(response)


def allow_passkeys(response: Response) -> Response:
    """On pages that ask for one; everywhere else the browser refuses."""
    allowed = ("publickey-credentials-create", "publickey-credentials-get")
    response.headers["Permissions-Policy"] = permissions_policy(*allowed)
    return response


@blueprint.post("")
@open_to_all
@takes(CodeForm)
def code() -> ResponseReturnValue:
    form = CodeForm(request.form)
    onward, proof = Onward.posted(form), proofs.current(signs_in=True)
    if proof is None:
        return too_late()
    if wait := proofs.wait(proof.member):
        return ask(proof, onward, wait=wait)
    return _enter(proof, onward, _judged(proof, form.code.data[:LONGEST_CODE]))


@blueprint.post("/passkey")
@open_to_all
@takes(PasskeyForm)
def passkey() -> ResponseReturnValue:
    form = PasskeyForm(request.form)
    onward, proof = Onward.posted(form), proofs.current(signs_in=True)
    if proof is None:
        return too_late()
    if wait := proofs.wait(proof.member):
        return ask(proof, onward, wait=wait)
    known = second_factors.of_member(database(), proof.member.id)
    return _enter(proof, onward, FactorKind.PASSKEY if _has_signed(proof, form.answer.data, known) else "")


@blueprint.post("/continue")
@for_roles(*ALL_ROLES, keeps=False)
@takes(OnwardForm)
def go_on() -> ResponseReturnValue:
    """From the recovery codes to where the sign-in led."""
    return Onward.posted(OnwardForm(request.form)).answer()


def too_late() -> ResponseReturnValue:
    return redirect("/sign-in", 303)


def _enter(proof: HeldProof, onward: Onward, factor: str) -> ResponseReturnValue:
    if not factor:
        second_factors.record_refusal(database(), proof.member, clock.now())
        return ask(proof, onward, refused=True)
    return onward.answer() if proofs.complete(proof, factor) else too_late()


def _judged(proof: HeldProof, typed: str) -> str:
    """Factor that the code belongs to, or empty. Without their key no app's code is right; recovery codes still are."""
    db, now = database(), clock.now()
    try:
        if second_factors.use_app(db, current_settings().secrets, proof.member, typed, now):
            return FactorKind.TOTP
    except StoreError:
        log.exception("the codes of apps cannot be checked")
    return "recovery code" if second_factors.use_recovery_code(db, proof.member, typed, now) else ""


def _has_signed(proof: HeldProof, answer: str, known: Sequence[Factor]) -> bool:
    found = passkeys.answered(proof, answer, known)
    return found is not None and second_factors.use_passkey(database(), *found, clock.now())
