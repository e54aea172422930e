"""Report entry on behalf of a contractor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Site
from kiosk.domain.catalogue import KINDS, Kind
from kiosk.domain.moment import resolve
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.report import Report, SentFrom, Telling, TellingWay
from kiosk.domain.roles import ENTERERS, READERS
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import Receipt, accept, receipt_of
from kiosk.reporting.shown_once import look_up, void
from kiosk.web.shared import texts
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.report_form import ReportForm, form_class
from kiosk.web.staff.access import one_time, permissions
from kiosk.web.staff.access.routes import takes
from kiosk.web.staff.shared.forms import Offered, OneOf, TypedDay, TypedLine

blueprint = Blueprint("on_behalf", __name__, url_prefix="/on-behalf")


class OnBehalfForm(ReportForm):
    """Report form of a kind, plus how, when and in which language it was told."""

    act = "Saisir un signalement pour quelqu'un"
    told_way = OneOf("Par quel moyen", list(TellingWay))
    told_date = TypedDay("Dit le")
    told_time = TypedLine("À (à peu près)")
    language = Offered("Dans quelle langue", lambda: {code: name for code, name, _ in _languages()})

    def complete(self) -> None:
        """Set the default way and language."""
        self.told_way.data = self.told_way.data or TellingWay.SPOKEN
        if self.language.data not in self.language.choices():
            self.language.data = texts.DEFAULT_LANGUAGE

    def told_at(self, now: datetime) -> datetime | None:
        typed = self.told_date.data, self.told_time.data
        return resolve("at", *typed, now).earliest if all(typed) else None

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        valid, objection = super().validate(extra_validators), self._objection(clock.now())
        if objection:
            self.told_date.errors = [objection]
        return valid and not objection

    def _objection(self, now: datetime) -> str:
        at = self.told_at(now)
        if at is None:
            return "Dites le jour et l'heure où la personne l'a dit, même à peu près."
        return "Ce moment n'est pas encore venu : corrigez le jour ou l'heure." if at > now else ""

    def first_errors(self) -> list[tuple[str, str]]:
        told = [(self.told_date.id, str(error)) for error in self.told_date.errors]
        return [*told, *super().first_errors()]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindsPage:
    sites: Sequence[Site]
    site: Site | None
    kinds: Sequence[Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalfPage:
    """``asked``: if set, show only the questions that depend on it."""

    site: Site
    form: OnBehalfForm
    asked: str = ""

    @property
    def kind(self) -> Kind:
        return self.form.kind

    @property
    def errors(self) -> list[tuple[str, str]]:
        return self.form.first_errors()

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        return _languages()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredPage:
    receipt: Receipt
    site: Site
    kind: Kind
    may_read: bool


@blueprint.get("")
@permissions.for_roles(*ENTERERS)
def kinds() -> ResponseReturnValue:
    sites = [site for site in current_settings().sites if permissions.may_see(site.id)]
    wanted = request.args.get("site", sites[0].id if len(sites) == 1 else "")
    site = next((site for site in sites if site.id == wanted), None)
    page = KindsPage(sites=sites, site=site, kinds=list(KINDS.values()))
    return render_template("staff/on_behalf.html", page=page)


@blueprint.get("/<site>/<kind>")
@permissions.for_roles(*ENTERERS)
def form(site: str, kind: str) -> ResponseReturnValue:
    where, now = _where(site), clock.local(clock.now())
    empty = _form(where, _what(kind), None)
    empty.told_date.data, empty.told_time.data = f"{now:%Y-%m-%d}", f"{now:%H:%M}"
    return render_template("staff/on_behalf_form.html", page=OnBehalfPage(site=where, form=empty))


def form_at(site: str, kind: str) -> type[OnBehalfForm] | None:
    """None for an unknown site or kind."""
    where, what = current_settings().site(site), KINDS.get(kind)
    return form_class(what, where, OnBehalfForm) if where and what else None


@blueprint.post("/<site>/<kind>")
@permissions.for_roles(*ENTERERS)
@takes(form_at)
def enter(site: str, kind: str) -> ResponseReturnValue:
    where, what, now = _where(site), _what(kind), clock.now()
    typed = _form(where, what, request.form)
    told_at = typed.told_at(now)
    if not typed.validate() or told_at is None:
        return render_template("staff/on_behalf_form.html", page=OnBehalfPage(site=where, form=typed)), 422
    token = OneTimeToken()
    receipt = accept(database(), current_settings(), _report(where, typed, told_at, now), now, token)
    if not receipt.waits:
        return _entered_page(receipt, where, _what(kind))
    return redirect(url_for("on_behalf.entered", site=site, kind=kind, token=token.text), 303)


@blueprint.get("/<site>/<kind>/entered/<token>")
@permissions.for_roles(*ENTERERS)
def entered(site: str, kind: str, token: str) -> ResponseReturnValue:
    """Receipt of the report, once."""
    where, what, known = _where(site), _what(kind), OneTimeToken(token)
    if request.method == "HEAD":
        return ""
    found = look_up(database(), known, clock.now())
    receipt = receipt_of(database(), found) if isinstance(found, Submission) else None
    if receipt is None or not void(database(), known):
        return one_time.no_longer_shown()
    return _entered_page(receipt, where, what)


def _entered_page(receipt: Receipt, site: Site, kind: Kind) -> str:
    may_read = permissions.current_member().role in READERS
    return render_template(
        "staff/entered.html", page=EnteredPage(receipt=receipt, site=site, kind=kind, may_read=may_read)
    )


@blueprint.post("/<site>/<kind>/questions")
@permissions.for_roles(*ENTERERS, keeps=False)
@takes(form_at)
def questions(site: str, kind: str) -> ResponseReturnValue:
    """Questions that depend on the answer to ``asked``, or 204."""
    where = _where(site)
    typed = _form(where, _what(kind), request.form)
    asked = request.args.get("asked", "")
    if asked not in typed or not typed.dependents(asked):
        return "", 204
    return render_template("staff/_dependents.html", page=OnBehalfPage(site=where, form=typed, asked=asked))


def _where(site: str) -> Site:
    found = current_settings().site(site)
    permissions.demand_site(found.id if found else None)
    if found is None:
        abort(404)
    return found


def _what(kind: str) -> Kind:
    return KINDS.get(kind) or abort(404)


def _form(where: Site, what: Kind, said: Mapping[str, Any] | None) -> OnBehalfForm:
    made: OnBehalfForm = form_class(what, where, OnBehalfForm)(formdata=said)
    made.submission()
    made.complete()
    return made


def _report(where: Site, typed: OnBehalfForm, told_at: datetime, now: datetime) -> Report:
    """Relative times (« à l'instant » or « hier ») count from when it was told."""
    member = permissions.current_member()
    language = typed.language.data
    said = typed.to_report(current_settings(), language=language, now=told_at, sent_from=SentFrom.STAFF)
    telling = Telling(told_at, typed.told_way.data or TellingWay.SPOKEN, member.display_name, member.name)
    return replace(said, site=where.id, received_at=now, told=telling)


def _languages() -> list[tuple[str, str, str]]:
    return texts.own_names(current_settings().languages.offered)
