"""Who is away from when to when, and who is on duty meanwhile."""

from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Audience, Role
from kiosk.domain.moment import resolve
from kiosk.domain.roles import ACTORS, ALL_ROLES
from kiosk.duty import presence
from kiosk.duty.audiences import serves_site
from kiosk.store.staff import absences
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists.overview import on_duty_here
from kiosk.web.staff.shared import words

FIELDS = ("audience", "from_date", "from_time", "to_date", "to_time")
RESULTS = {
    "noted": "L'absence est notée.",
    "ended": "L'absence est terminée.",
    "over": "Cette absence était déjà finie.",
}

blueprint = Blueprint("absences", __name__, url_prefix="/absences")


@blueprint.get("")
@permissions.for_roles(*ALL_ROLES)
def overview() -> str:
    now = clock.local(clock.now())
    return _page({"from_date": f"{now:%Y-%m-%d}", "from_time": f"{now:%H:%M}"})


@blueprint.post("")
@permissions.for_roles(*ACTORS)
def note() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    now = clock.now()
    starts_at = _moment(typed["from_date"], typed["from_time"] or "00:00", now)
    ends_at = _moment(typed["to_date"], typed["to_time"] or "23:59", now)
    if typed["audience"] not in {audience.id for audience in _people()}:
        return _page(typed, "Choisissez la personne absente."), 422
    if starts_at is None or ends_at is None or ends_at <= max(starts_at, now):
        return _page(typed, "L'absence doit finir après son début, et après maintenant."), 422
    actor = permissions.acting()
    presence.record_absence(database(), current_settings(), typed["audience"], starts_at, ends_at, actor=actor, now=now)
    return redirect(url_for("absences.overview", result="noted"), 303)


@blueprint.post("/<int(max=999999999):number>/end")
@permissions.for_roles(*ACTORS)
def end(number: int) -> ResponseReturnValue:
    """Back earlier than thought, or never away."""
    now = clock.now()
    known = {absence.id: absence.audience for absence in absences.not_over(database(), now)}
    if number in known and known[number] not in {audience.id for audience in _people()}:
        abort(404)
    ended = presence.end_absence(database(), number, actor=permissions.acting(), now=now)
    return redirect(url_for("absences.overview", result="ended" if ended else "over"), 303)


def _people() -> list[Audience]:
    """Managers and deputies of the member's sites."""
    settings = current_settings()
    sites = [site.id for site in settings.sites if permissions.may_see(site.id)]
    on_call = (audience for audience in settings.audiences if audience.role in (Role.MANAGER, Role.DEPUTY))
    return [audience for audience in on_call if any(serves_site(audience, site) for site in sites)]


def _page(typed: dict[str, str], objection: str = "") -> str:
    now, people = clock.now(), _people()
    mine = {audience.id for audience in people}
    return render_template(
        "staff/absences.html",
        on_duty=on_duty_here(now),
        people=people,
        names={audience.id: audience.name for audience in people},
        away=[absence for absence in absences.not_over(database(), now) if absence.audience in mine],
        may_act=permissions.current_member().role in ACTORS,
        typed=typed,
        objection=objection,
        result=RESULTS.get(request.args.get("result", ""), ""),
        words=words,
        now=now,
    )


def _moment(day: str, hour: str, now: datetime) -> datetime | None:
    return resolve("at", day, hour, now).earliest if day else None
