"""The first page: the reports that somebody has to answer. It asks by itself whether it is still true."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.config import Site
from kiosk.domain.catalogue import KINDS, Kind
from kiosk.domain.roles import ALL_ROLES, READERS
from kiosk.domain.troubles import FoundTrouble
from kiosk.errors import NotConfirmed
from kiosk.store.reports import report_lists
from kiosk.store.reports.report_lists import Place, View, WaitingCount
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
    """``after`` is where the next page of the list begins, ``before`` where this one does, unless it is the first;
    ``sites``, ``kinds`` and ``views`` are what the filter offers.
    """

    asked: Filters
    rows: Sequence[ListRow]
    after: Place | None
    before: str
    waiting: WaitingCount
    troubles: Sequence[FoundTrouble]
    on_duty: Sequence[SiteOnDuty]
    version: str
    now: datetime
    sites: Sequence[Site]
    kinds: Sequence[Kind]
    views: Mapping[View, str]
    search: SearchForm

    @property
    def to_take(self) -> list[ListRow]:
        return [row for row in self.rows if row.line.state == "open"]

    @property
    def rest(self) -> list[ListRow]:
        """What is listed below: everything that is not to be taken, or the whole list where one was chosen."""
        if self.asked.view is not View.TO_DO:
            return list(self.rows)
        return [row for row in self.rows if row.line.state != "open"]


@blueprint.get("/")
@permissions.for_roles(*ALL_ROLES)
def overview() -> ResponseReturnValue:
    """Somebody who only enters reports for others finds just that here."""
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
    version = _version(now)  # before the list is read: what happens meanwhile makes the next question worth an answer
    asked = filters.from_request()
    sites = filters.sites_of_member(db, settings)
    behind = filters.place_from_request()
    found = report_lists.page(db, asked.selection(sites), behind)
    member = permissions.current_member()
    return OverviewPage(
        asked=asked,
        rows=list_rows.shown(db, settings, found.lines, member=member, known_until=known_until, now=now),
        after=found.after,
        before=request.args.get("after", "") if behind else "",
        waiting=report_lists.waiting(db, sites),
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
    """Of what the page says: the last event, and the minute, because ages and delays are told in minutes."""
    return f"{report_lists.stamp(database())}.{int(now.timestamp()) // 60}"


def _look() -> int:
    """Where the disk takes nothing more, the list is still shown."""
    try:
        return last_seen.look(database(), _me(), clock.now())
    except NotConfirmed:
        log.exception("a visit could not be noted")
        distrust_database()
        return last_seen.before_this_visit(database(), _me())


def _me() -> int:
    return permissions.current_member().id
