"""Accounts page: who may do what, and the confirmation of a newcomer by the fingerprint of their key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.account_states import Confirmation
from kiosk.domain.roles import CONFIRMERS
from kiosk.store.keys.grants import RECOVERY
from kiosk.store.staff.account_list import ListedAccount, are_keys_with_people, listed_accounts
from kiosk.store.trace.events import SYSTEM
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, permissions
from kiosk.web.staff.access.permissions import current_member, for_roles
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.account.forms import ConfirmForm

RESULTS = {
    "confirmed": "C'est confirmé : la personne peut lire les signalements de ses sites.",
    "unable": "Vous ne pouvez pas confirmer cette personne. Rien n'a changé.",
    "changed": "L'empreinte n'est plus celle que vous avez comparée. Comparez-la de nouveau.",
}

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesPage:
    """``waiting``: to be confirmed; ``others``: all other accounts; ``names``: by sign-in name, for who did what.

    ``able``: sign-in names of those whom the member can confirm. ``locked``: the member must give the password first.
    """

    waiting: Sequence[ListedAccount]
    others: Sequence[ListedAccount]
    able: frozenset[str]
    locked: bool
    names: Mapping[str, str]
    sites: Mapping[str, str]
    result: str
    now: datetime


@blueprint.get("")
@for_roles(*CONFIRMERS)
def overview() -> str:
    now, code = clock.now(), request.args.get("result", "")
    listed = [one for one in listed_accounts(database(), now) if _is_mine_to_see(one)]
    to_confirm = are_keys_with_people(database())
    waiting = [one for one in listed if to_confirm and one.confirmation is Confirmation.WAITING]
    page = ColleaguesPage(
        waiting=waiting,
        others=[one for one in listed if one not in waiting],
        able=frozenset(one.account.member.name for one in waiting if _is_mine_to_confirm(one)),
        locked=keyring.reading() is keyring.Closed.LOCKED,
        names=people(listed),
        sites={site.id: site.name for site in current_settings().sites},
        result=RESULTS.get(code, ""),
        now=now,
    )
    return render_template("staff/colleagues.html", page=page)


@blueprint.post("/<int(max=999999999):number>/confirm")
@for_roles(*CONFIRMERS, keeps=False)
@takes(ConfirmForm)
def confirm(number: int) -> ResponseReturnValue:
    """Only a reader who was confirmed can confirm, nobody themselves, and only for sites that they serve."""
    form = ConfirmForm(request.form)
    if keyring.reading() is keyring.Closed.LOCKED:
        return redirect(url_for("unlock.form", next="/accounts"), 303)
    found = [one for one in listed_accounts(database(), clock.now()) if one.account.member.id == number]
    if not found or not _is_mine_to_see(found[0]):
        abort(404)
    if found[0].fingerprint != form.fingerprint.data:
        return redirect(url_for("accounts.overview", result="changed"), 303)
    if found[0].reader is None or not _is_mine_to_confirm(found[0]):
        return redirect(url_for("accounts.overview", result="unable"), 303)
    keyring.confirm(found[0].reader)
    return redirect(url_for("accounts.overview", result="confirmed"), 303)


def people(listed: Iterable[ListedAccount]) -> dict[str, str]:
    """Actor of an event in words, by the name in the trace."""
    names = {one.account.member.name: one.account.member.display_name for one in listed}
    return {SYSTEM: "la personne qui administre la borne", RECOVERY: "la clé de secours"} | names


def _is_mine_to_see(one: ListedAccount) -> bool:
    sites = one.account.member.sites
    return not sites or any(permissions.may_see(site) for site in sites)


def _is_mine_to_confirm(one: ListedAccount) -> bool:
    me, theirs = current_member(), one.account.member
    covers = not me.sites or (bool(theirs.sites) and set(theirs.sites) <= set(me.sites))
    return me.name != theirs.name and covers and one.is_recorded and keyring.may_confirm()
