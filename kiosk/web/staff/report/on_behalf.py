"""A report that was told to staff, by word of mouth, by telephone or on paper, and is typed later by one of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Site
from kiosk.domain.catalogue import KINDS, Kind
from kiosk.domain.moment import resolve
from kiosk.domain.report import Report, Telling, TellingWay
from kiosk.domain.roles import ENTERERS, READERS
from kiosk.reporting.accept import accept
from kiosk.web.shared import texts
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.report_form import ReportForm, form_for
from kiosk.web.staff.access import permissions

blueprint = Blueprint("on_behalf", __name__, url_prefix="/on-behalf")


@dataclass(frozen=True, slots=True)
class TypedTelling:
    """How and when it was told, as typed; ``objection`` says in French what cannot be."""

    way: str
    day: str
    hour: str
    language: str
    at: datetime | None
    objection: str = ""


@blueprint.get("")
@permissions.for_roles(*ENTERERS)
def kinds() -> ResponseReturnValue:
    """Which site, where there are several, then which kind."""
    sites = [site for site in current_settings().sites if permissions.may_see(site.id)]
    wanted = request.args.get("site", sites[0].id if len(sites) == 1 else "")
    site = next((site for site in sites if site.id == wanted), None)
    return render_template("staff/on_behalf.html", sites=sites, site=site, kinds=KINDS.values())


@blueprint.get("/<site>/<kind>")
@permissions.for_roles(*ENTERERS)
def form(site: str, kind: str) -> ResponseReturnValue:
    where, what = _where(site), _what(kind)
    now = clock.local(clock.now())
    told = TypedTelling(TellingWay.SPOKEN, f"{now:%Y-%m-%d}", f"{now:%H:%M}", texts.DEFAULT_LANGUAGE, None)
    return _page(where, form_for(what, where, None), told)


@blueprint.post("/<site>/<kind>")
@permissions.for_roles(*ENTERERS)
def enter(site: str, kind: str) -> ResponseReturnValue:
    where, what = _where(site), _what(kind)
    typed, told = form_for(what, where, request.form), _told(clock.now())
    if not typed.validate() or told.at is None:
        return _page(where, typed, told), 422
    now = clock.now()
    report = _report(where, typed, told, told.at, now)
    receipt = accept(database(), current_settings(), report, now)
    may_read = permissions.current_member().role in READERS
    return render_template("staff/entered.html", receipt=receipt, site=where, kind=what, may_read=may_read)


@blueprint.post("/<site>/<kind>/questions")
@permissions.for_roles(*ENTERERS, keeps=False)
def questions(site: str, kind: str) -> ResponseReturnValue:
    """The questions that the answer to ``asked`` calls for."""
    typed = form_for(_what(kind), _where(site), request.form)
    asked = request.args.get("asked", "")
    if asked not in typed or not typed.dependents(asked):
        return "", 204
    return render_template("staff/_dependents.html", form=typed, code=asked, scripted=True)


def _where(site: str) -> Site:
    found = current_settings().site(site)
    permissions.demand_site(found.id if found else None)
    if found is None:
        abort(404)
    return found


def _what(kind: str) -> Kind:
    return KINDS.get(kind) or abort(404)


def _told(now: datetime) -> TypedTelling:
    given = {name: request.form.get(name, "").strip() for name in ("told_way", "told_date", "told_time", "language")}
    way = given["told_way"] if given["told_way"] in list(TellingWay) else TellingWay.SPOKEN
    offered = current_settings().languages.offered
    language = given["language"] if given["language"] in offered else texts.DEFAULT_LANGUAGE
    told = TypedTelling(way, given["told_date"], given["told_time"], language, None)
    at = resolve("at", told.day, told.hour, now).earliest if told.day and told.hour else None
    if at is None:
        return replace(told, objection="Dites le jour et l'heure où la personne l'a dit, même à peu près.")
    if at > now:
        return replace(told, objection="Ce moment n'est pas encore venu : corrigez le jour ou l'heure.")
    return replace(told, at=at)


def _report(where: Site, typed: ReportForm, told: TypedTelling, told_at: datetime, now: datetime) -> Report:
    """What « à l'instant » or « hier » means is counted from when it was told."""
    member = permissions.current_member()
    said = typed.to_report(current_settings(), language=told.language, now=told_at)
    telling = Telling(told_at, TellingWay(told.way), member.display_name, member.name)
    return replace(said, site=where.id, terminal=None, received_at=now, told=telling)


def _page(where: Site, typed: ReportForm, told: TypedTelling) -> str:
    errors = [*([("told_date", told.objection)] if told.objection else []), *typed.first_errors()]
    return render_template(
        "staff/on_behalf_form.html",
        site=where,
        kind=typed.kind,
        form=typed,
        told=told,
        errors=errors,
        ways=list(TellingWay),
        languages=texts.own_names(current_settings().languages.offered),
    )
