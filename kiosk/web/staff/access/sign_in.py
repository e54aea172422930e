"""Sign-in and sign-out. Wrong passwords cost a growing wait (429 meanwhile); no account is locked."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.folding import fold
from kiosk.domain.roles import ALL_ROLES
from kiosk.errors import DiskFull
from kiosk.store.staff import accounts, own_password, passwords, sign_in_throttle
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sign_in_throttle import Bucket, lane, stranger
from kiosk.web.shared.context import database
from kiosk.web.staff.access import entering, keyring, session
from kiosk.web.staff.access.onward import Onward
from kiosk.web.staff.access.permissions import for_roles, is_ours, open_to_all, our_address
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.access.sign_in_page import SignInForm, SignInPage, SignOutForm

BUSY_WAIT = 3  # seconds
LONGEST_TYPED = 1024  # characters; longer than any password

blueprint = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """``wait``: in seconds. ``member`` and ``password_hash``: if the password was right.

    ``pair``: of a reader; None for other roles, and if it does not open.
    """

    wait: int = 0
    member: Member | None = None
    password_hash: str = ""
    lanes: tuple[Bucket, ...] = ()
    pair: X25519PrivateKey | None = field(default=None, repr=False)


@blueprint.get("/sign-in")
@open_to_all
def form() -> ResponseReturnValue:
    wanted = our_address(request.args.get("next", "/"))
    if session.signed():
        return redirect(wanted, 303)
    page = SignInPage(form=SignInForm(data={"next": wanted}), over="over" in request.args)
    return render_template("staff/sign_in.html", page=page)


@blueprint.post("/sign-in")
@open_to_all
@takes(SignInForm)
def sign_in() -> ResponseReturnValue:
    if not is_ours():
        abort(403)
    form = SignInForm(request.form)
    attempt = try_password(form.name.data, form.password.data)
    if attempt.wait:
        return _again(form, 429, wait=attempt.wait)
    entered = attempt.member and entering.enter(
        attempt.member, attempt.password_hash, attempt.pair, Onward.posted(form), attempt.lanes
    )
    return entered or _again(form, 403)


@blueprint.post("/sign-out")
@for_roles(*ALL_ROLES, keeps=False)
@takes(SignOutForm)
def sign_out() -> ResponseReturnValue:
    session.end()
    answer = redirect("/sign-in", 303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # also pages that Back would show
    return answer


def try_password(name: str, password: str) -> Attempt:
    """Take a throttle turn, then hash; unknown names cost the same time as known ones."""
    name = fold(name).strip()
    account = accounts.find(database(), name)
    lanes = _lanes(name)
    known = account.member.name if account else None
    if wait := sign_in_throttle.take_turn(database(), lanes, clock.now(), account=known):
        return Attempt(wait)
    usable = account.password_hash if account and account.active else None
    try:
        if not passwords.matches(password[:LONGEST_TYPED], usable) or account is None or usable is None:
            return Attempt()
        in_force = _strengthened(account.member, password, usable)
        pair = keyring.pair_of(account.member, password[:LONGEST_TYPED])
        return Attempt(0, account.member, in_force, lanes, pair)
    except passwords.TooBusy:
        sign_in_throttle.take_back(database(), lanes, clock.now())
        return Attempt(BUSY_WAIT)


def confirm_password(member: Member, password: str) -> Attempt:
    """``try_password`` of somebody who is signed in: the right password costs no turn."""
    attempt = try_password(member.name, password)
    if attempt.member is not None:
        sign_in_throttle.give_back(database(), attempt.lanes)
    return attempt


def _lanes(name: str) -> tuple[Bucket, ...]:
    """Throttle buckets, the member's own first: see sign_in_throttle.forgive."""
    if device := session.known_device(name):
        return (lane("device", device),)
    return stranger(name, session.network(request.remote_addr or "", v4=32, v6=64))


def _strengthened(member: Member, password: str, password_hash: str) -> str:
    """Replace an outdated hash; return the current one."""
    if not passwords.is_outdated(password_hash):
        return password_hash
    stronger = passwords.hashed(password)
    try:
        own_password.rehash(database(), member, password_hash, stronger, clock.now())
    except DiskFull:
        return password_hash
    return stronger


def _again(form: SignInForm, status: int, wait: int = 0) -> Response:
    onward = Onward.posted(form)
    form.next.data = onward.next
    page = SignInPage(form=form, wait=wait, refused=status == 403, expired=onward.expired)
    response = make_response(render_template("staff/sign_in.html", page=page), status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
