"""Open sessions: the MSSI ends those of others; a page in use keeps its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import ALL_ROLES, StaffRole
from kiosk.store.staff import sessions
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sessions import Session
from kiosk.web.shared.context import database
from kiosk.web.staff.access import session, unlocked_keys
from kiosk.web.staff.access.permissions import current_member, for_roles, refuse
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.account.forms import EndSessionForm, KeepAliveForm

blueprint = Blueprint("open_sessions", __name__, url_prefix="/sessions")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage:
    now: datetime
    sessions: Sequence[Session]
    this_session: int | None


@blueprint.get("")
@for_roles(StaffRole.MSSI)
def overview() -> str:
    signed = session.signed()
    found = [one for one in _open() if _may_end(current_member(), one.member)]
    page = SessionsPage(now=clock.now(), sessions=found, this_session=signed.id if signed else None)
    return render_template("staff/sessions.html", page=page)


@blueprint.post("/<int(max=999999999):number>/end")
@for_roles(StaffRole.MSSI, keeps=False)
@takes(EndSessionForm)
def end_session(number: int) -> ResponseReturnValue:
    me, signed = current_member(), session.signed()
    found = next((one for one in _open() if one.id == number), None)
    if signed and number == signed.id:
        abort(400)  # sign-out ends the current session
    if found is None:
        return redirect("/sessions", 303)
    if not _may_end(me, found.member):
        refuse(404)
    if sessions.revoke(database(), found.member, number, clock.now(), by=me.name):
        unlocked_keys.of_app().forget_session(number)
    return redirect("/sessions", 303)


@blueprint.post("/alive")
@for_roles(*ALL_ROLES, keeps=False)
@takes(KeepAliveForm)
def keep_alive() -> ResponseReturnValue:
    """Sent by static/js/session.js while somebody types or presses; access/permissions.py has noted the use."""
    return "", 204


def _open() -> list[Session]:
    return sessions.everybodys(database(), clock.now(), session.idle())


def _may_end(me: Member, other: Member) -> bool:
    """Somebody limited to some sites ends sessions of members of those sites alone."""
    return not me.sites or (bool(other.sites) and set(other.sites) <= set(me.sites))
