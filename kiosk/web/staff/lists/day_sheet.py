"""Day sheet: the reports of one day at one site, for paper. Only unencrypted facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Site
from kiosk.domain.catalogue import Kind, kind_of
from kiosk.domain.roles import READERS
from kiosk.store.reports import report_lists
from kiosk.store.reports.report_lists import ListedReport, Selection
from kiosk.store.staff.accounts import Member
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import filters
from kiosk.web.staff.shared import words

MOST = 500  # reports on one sheet


@dataclass(frozen=True, slots=True)
class DayLine:
    report: ListedReport
    zone: str

    @property
    def kind(self) -> Kind:
        return kind_of(self.report.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPage:
    """``cut``: the day has more than MOST reports."""

    day: date
    sites: Sequence[Site]
    site: Site
    lines: Sequence[DayLine]
    cut: bool
    member: Member
    now: datetime

    @property
    def before(self) -> date:
        return self.day - timedelta(days=1)


blueprint = Blueprint("day_sheet", __name__, url_prefix="/day")


@blueprint.get("")
@permissions.for_roles(*READERS)
def today() -> ResponseReturnValue:
    """Target of the form that selects another sheet."""
    day = filters.day_of(request.args.get("day", "")) or clock.local(clock.now()).date()
    return redirect(url_for("day_sheet.sheet", day=day.isoformat(), site=request.args.get("site")), 303)


@blueprint.get("/<day>")
@permissions.for_roles(*READERS)
def sheet(day: str) -> ResponseReturnValue:
    shown, settings = filters.day_of(day) or abort(404), current_settings()
    sites = [words.site_of(settings, site) for site in filters.sites_of_member(database(), settings)]
    wanted = request.args.get("site") or (sites[0].id if sites else "")
    site = next((site for site in sites if site.id == wanted), None) or permissions.refuse(404)
    found = _lines(site, shown)
    page = DayPage(
        day=shown,
        sites=sites,
        site=site,
        lines=[DayLine(line, site.zone_name(line.zone)) for line in found[-MOST:]],
        cut=len(found) > MOST,
        member=permissions.current_member(),
        now=clock.now(),
    )
    return render_template("staff/day_sheet.html", page=page)


def _lines(site: Site, day: date) -> list[ListedReport]:
    """The newest MOST + 1 of the day, in the order of receipt."""
    first, before = filters.midnight(day.isoformat()), filters.midnight(day.isoformat(), days_later=1)
    selection = Selection(sites=(site.id,), first=first, before=before)
    return report_lists.received(database(), selection, MOST + 1)
