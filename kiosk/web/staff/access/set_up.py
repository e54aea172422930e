"""Set-up of a second factor: at the sign-in of a role that must have one, or from one's own account.

A proof that signs in may add the first factor alone: the password by itself never adds a second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.second_factor import SECRET_BYTES, FactorKind, as_text, matching_step, setup_uri
from kiosk.domain.spelling import grouped
from kiosk.store.staff import second_factors
from kiosk.store.staff.second_factors import AddedFactor
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.qr import QrCode, qr_code
from kiosk.web.staff.access import one_time, passkeys, proofs
from kiosk.web.staff.access.onward import Onward
from kiosk.web.staff.access.permissions import open_to_all
from kiosk.web.staff.access.proofs import HeldProof
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.second_factor import CodeForm, PasskeyForm, allow_passkeys, too_late

NEW_APP = b"new app"
OWN_FACTORS = "/account/second-factor"

blueprint = Blueprint("set_up", __name__, url_prefix="/second-factor/set-up")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpPage:
    """``secret``: in groups, to be typed; ``options``: for a new passkey as JSON, or empty where there are none."""

    form: CodeForm
    onward: Onward
    signs_in: bool
    qr: QrCode
    secret: str
    options: str
    objection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage:
    codes: Sequence[str]
    onward: Onward


def offer(proof: HeldProof, onward: Onward, *, objection: str = "") -> Response:
    secret, known = _secret(proof), second_factors.of_member(database(), proof.member.id)
    uri = setup_uri(secret, account=proof.member.name, issuer=current_settings().organisation.name)
    page = SetUpPage(
        form=CodeForm(),
        onward=onward,
        signs_in=proof.signs_in,
        qr=qr_code(uri),
        secret=grouped(as_text(secret), 4).replace("-", " "),
        options=passkeys.creation_options(proof, known) if passkeys.host() else "",
        objection=objection,
    )
    response = make_response(render_template("staff/set_up.html", page=page), 422 if objection else 200)
    return allow_passkeys(response)


def show_codes(codes: Sequence[str], onward: Onward) -> ResponseReturnValue:
    """Once: only their digests are stored."""
    page = RecoveryCodesPage(codes=codes, onward=onward)
    return one_time.lead_to(render_template("staff/recovery_codes.html", page=page))


@blueprint.post("/app")
@open_to_all
@takes(CodeForm)
def app() -> ResponseReturnValue:
    form = CodeForm(request.form)
    onward, proof = Onward.posted(form), proofs.current()
    if proof is None:
        return too_late()
    now, secret = clock.now(), _secret(proof)
    step = matching_step(secret, form.code.data, now)
    if step is None:
        return offer(proof, onward, objection="Ce n'est pas le code que l'application montre en ce moment.")
    added = second_factors.add_app(
        database(), current_settings().secrets, proof.member, secret, step, now, only_first=proof.signs_in
    )
    return _finish(proof, onward, added, FactorKind.TOTP)


@blueprint.post("/passkey")
@open_to_all
@takes(PasskeyForm)
def passkey() -> ResponseReturnValue:
    form = PasskeyForm(request.form)
    onward, proof = Onward.posted(form), proofs.current()
    if proof is None:
        return too_late()
    new = passkeys.created(proof, form.answer.data)
    if new is None:
        return offer(proof, onward, objection="Cette clé d'accès n'a pas pu être ajoutée. Recommencez.")
    added = second_factors.add_passkey(database(), proof.member, new, clock.now(), only_first=proof.signs_in)
    return _finish(proof, onward, added, FactorKind.PASSKEY)


def _finish(proof: HeldProof, onward: Onward, added: AddedFactor | None, kind: FactorKind) -> ResponseReturnValue:
    if added is None:
        return too_late()
    if not proof.signs_in:
        proofs.end(proof)
    elif not proofs.complete(proof, kind):
        return too_late()
    return show_codes(added.codes, onward) if added.codes else onward.answer()


def _secret(proof: HeldProof) -> bytes:
    return proof.derive(NEW_APP, SECRET_BYTES)
