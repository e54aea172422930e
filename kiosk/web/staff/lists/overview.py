"""Report list, the first page of the console. It polls for changes every 4 seconds."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Site
from kiosk.domain.catalogue import KINDS, Kind
from kiosk.domain.handling import Eta, ReportState
from kiosk.domain.roles import ALL_ROLES, READERS
from kiosk.domain.troubles import FoundTrouble
from kiosk.errors import NotConfirmed
from kiosk.store.reports import folded_lists, report_lists
from kiosk.store.reports.folded_lists import Place
from kiosk.store.reports.report_lists import View, WaitingCount
from kiosk.store.staff import last_seen
from kiosk.store.watch.health import pulse
from kiosk.watch.troubles import troubles_now
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database, distrust_database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import filters, list_rows
from kiosk.web.staff.lists.filters import Filters
from kiosk.web.staff.lists.list_rows import ListRow
from kiosk.web.staff.lists.on_duty import SiteOnDuty, on_duty_here
from kiosk.web.staff.lists.search import SearchForm
from kiosk.web.staff.shared import words

log = logging.getLogger(__name__)
blueprint = Blueprint("console", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """``after``: where the next page starts; ``before``: where this one does, empty on the first.

    ``seen``: number of the newest event that the page knows.
    """

    asked: Filters
    rows: Sequence[ListRow]
    after: Place | None
    before: str
    waiting: WaitingCount
    seen: int
    troubles: Sequence[FoundTrouble]
    on_duty: Sequence[SiteOnDuty]
    version: str
    now: datetime
    sites: Sequence[Site]
    kinds: Sequence[Kind]
    views: Mapping[View, str]
    search: SearchForm

    @property
    def etas(self) -> list[Eta]:
        return list(Eta)

    @property
    def to_take(self) -> list[ListRow]:
        return [row for row in self.rows if row.line.state == ReportState.OPEN]

    @property
    def waiting_here(self) -> int:
        """Reports that the rows of ``to_take`` hold."""
        return sum(row.fold.count if row.fold else 1 for row in self.to_take)

    @property
    def rest(self) -> list[ListRow]:
        """All rows in a chosen view; otherwise those not in ``to_take``."""
        if self.asked.view is not View.TO_DO:
            return list(self.rows)
        return [row for row in self.rows if row.line.state != ReportState.OPEN]


@blueprint.get("/")
@permissions.for_roles(*ALL_ROLES)
def overview() -> ResponseReturnValue:
    """Redirect members who read no reports to report entry."""
    if permissions.current_member().role not in READERS:
        return redirect(url_for("on_behalf.kinds"), 303)
    if not htmx.wants_fragment():
        return render_template("staff/console.html", page=_page_of(_look()))
    if request.args.get("version") == _version(clock.now()):
        return "", 204
    page = _page_of(last_seen.before_this_visit(database(), _me()))
    return render_template("staff/_reports.html", page=page)


def _page_of(known_until: int) -> OverviewPage:
    db, settings, now = database(), current_settings(), clock.now()
    version = _version(now)  # before the reads below: a change meanwhile must show at the next poll
    seen = report_lists.stamp(db)
    asked = filters.from_request()
    sites = filters.sites_of_member(db, settings)
    behind = filters.place_from_request()
    found = folded_lists.page(db, asked.selection(sites), behind)
    member = permissions.current_member()
    return OverviewPage(
        asked=asked,
        rows=list_rows.folded(db, settings, found.lines, member=member, known_until=known_until, now=now),
        after=found.after,
        before=request.args.get("after", "") if behind else "",
        waiting=report_lists.waiting(db, sites),
        seen=seen,
        troubles=troubles_now(pulse(db, settings, now), settings),
        on_duty=on_duty_here(now),
        version=version,
        now=now,
        sites=[words.site_of(settings, site) for site in sites],
        kinds=list(KINDS.values()),
        views=filters.VIEWS,
        search=SearchForm(),
    )


def _version(now: datetime) -> str:
    """Last event and current minute: ages are shown in minutes."""
    return f"{report_lists.stamp(database())}.{int(now.timestamp()) // 60}"


def _look() -> int:
    """If the commit fails (disk full), the list is still shown."""
    try:
        return last_seen.look(database(), _me(), clock.now())
    except NotConfirmed:
        log.exception("a visit could not be noted")
        distrust_database()
        return last_seen.before_this_visit(database(), _me())


def _me() -> int:
    return permissions.current_member().id
