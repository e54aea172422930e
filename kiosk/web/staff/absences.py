"""Absences of managers and deputies, and who is on duty meanwhile."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Audience, Role
from kiosk.domain.moment import resolve
from kiosk.domain.roles import ACTORS, ALL_ROLES
from kiosk.duty import presence
from kiosk.duty.audiences import serves_site
from kiosk.store.staff import absences
from kiosk.store.staff.absences import Absence
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.lists.on_duty import SiteOnDuty, on_duty_here
from kiosk.web.staff.shared.forms import ButtonForm, Offered, StaffForm, TypedDay, TypedLine

SHOWN_FOR = timedelta(days=31)  # after their end
RESULTS = {
    "noted": "L'absence est notée.",
    "ended": "L'absence est terminée.",
    "over": "Cette absence était déjà finie.",
}

TOO_LONG = (
    f"Une absence dure au plus {presence.LONGEST.days} jours, avec celles déjà notées pour la même personne, et"
    " commence dans l'année. Si elle est plus longue, notez la suite à ce moment-là."
)

blueprint = Blueprint("absences", __name__, url_prefix="/absences")


def _names() -> dict[str, str]:
    """Managers and deputies all of whose sites the member serves, by audience id."""
    settings = current_settings()
    mine = (each for each in _people() if all(map(permissions.may_see, presence.sites_of(settings, each))))
    return {audience.id: audience.name for audience in mine}


class AbsenceForm(StaffForm):
    """Without times, from 00:00 on the first day to 23:59 on the last."""

    act = "Noter une absence"
    audience = Offered("Qui sera absent", _names)
    from_date = TypedDay("Du")
    from_time = TypedLine("à")
    to_date = TypedDay("Jusqu'au")
    to_time = TypedLine("à", description="vide : fin de journée")

    def span(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Start and end; None unless the end is after the start and after ``now``."""
        starts_at = _moment(self.from_date.data, self.from_time.data or "00:00", now)
        ends_at = _moment(self.to_date.data, self.to_time.data or "23:59", now)
        return (starts_at, ends_at) if starts_at and ends_at and ends_at > max(starts_at, now) else None

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self.audience.data not in self.audience.choices():
            self.form_errors.append("Choisissez la personne absente.")
        elif (span := self.span(clock.now())) is None:
            self.form_errors.append("L'absence doit finir après son début, et après maintenant.")
        elif presence.is_too_long(database(), self.audience.data, *span, clock.now()):
            self.form_errors.append(TOO_LONG)
        return valid and not self.form_errors


class EndAbsenceForm(ButtonForm):
    act = "Terminer une absence"
    because = "the address holds the number of the absence"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsencesPage:
    """``mine``: ids of those whose absences the member may note and end. ``past``: newest first."""

    form: AbsenceForm
    result: str
    on_duty: Sequence[SiteOnDuty]
    names: dict[str, str]
    mine: Set[str]
    away: Sequence[Absence]
    past: Sequence[Absence]
    may_act: bool
    now: datetime


@blueprint.get("")
@permissions.for_roles(*ALL_ROLES)
def overview() -> str:
    now = clock.local(clock.now())
    return _page(AbsenceForm(data={"from_date": f"{now:%Y-%m-%d}", "from_time": f"{now:%H:%M}"}))


@blueprint.post("")
@permissions.for_roles(*ACTORS)
@takes(AbsenceForm)
def note() -> ResponseReturnValue:
    form, now = AbsenceForm(request.form), clock.now()
    span = form.span(now)
    if not form.validate() or span is None:
        return _page(form), 422
    audience, actor = form.audience.data, permissions.acting()
    presence.record_absence(database(), current_settings(), audience, *span, actor=actor, now=now)
    return redirect(url_for("absences.overview", result="noted"), 303)


@blueprint.post("/<int(max=999999999):number>/end")
@permissions.for_roles(*ACTORS)
@takes(EndAbsenceForm)
def end(number: int) -> ResponseReturnValue:
    """End an absence early, or cancel one that has not begun."""
    now = clock.now()
    known = {absence.id: absence.audience for absence in absences.not_over(database(), now)}
    if number in known and known[number] not in _names():
        permissions.refuse(404)
    ended = presence.end_absence(database(), number, actor=permissions.acting(), now=now)
    return redirect(url_for("absences.overview", result="ended" if ended else "over"), 303)


def _people() -> list[Audience]:
    settings = current_settings()
    sites = [site.id for site in settings.sites if permissions.may_see(site.id)]
    on_call = (audience for audience in settings.audiences if audience.role in (Role.MANAGER, Role.DEPUTY))
    return [audience for audience in on_call if any(serves_site(audience, site) for site in sites)]


def _page(form: AbsenceForm) -> str:
    now, names = clock.now(), {audience.id: audience.name for audience in _people()}
    noted = [each for each in absences.not_over(database(), now - SHOWN_FOR) if each.audience in names]
    page = AbsencesPage(
        form=form,
        result=RESULTS.get(request.args.get("result", ""), ""),
        on_duty=on_duty_here(now),
        names=names,
        mine=_names().keys(),
        away=[absence for absence in noted if absence.ends_at > now],
        past=[absence for absence in reversed(noted) if absence.ends_at <= now],
        may_act=permissions.current_member().role in ACTORS,
        now=now,
    )
    return render_template("staff/absences.html", page=page)


def _moment(day: str, hour: str, now: datetime) -> datetime | None:
    return resolve("at", day, hour, now).earliest if day else None
