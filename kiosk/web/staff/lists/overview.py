"""The first page: the reports that somebody has to answer. It asks by itself whether it is still true."""

import logging
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.catalogue import KINDS
from kiosk.domain.roles import ALL_ROLES, READERS
from kiosk.duty.presence import OnDuty, on_duty
from kiosk.errors import NotConfirmed
from kiosk.store.reports import report_lists
from kiosk.store.staff import last_seen
from kiosk.store.watch.health import pulse
from kiosk.watch.troubles import troubles_now
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database, distrust_database
from kiosk.web.staff.access import permissions
from kiosk.web.staff.lists import filters, list_rows
from kiosk.web.staff.shared import words

log = logging.getLogger(__name__)
blueprint = Blueprint("console", __name__)


@blueprint.get("/")
@permissions.for_roles(*ALL_ROLES)
def overview() -> ResponseReturnValue:
    """Somebody who only enters reports for others finds just that here."""
    if permissions.current_member().role not in READERS:
        return redirect(url_for("on_behalf.kinds"), 303)
    if not htmx.wants_fragment():
        known_until = _look()
        return render_template("staff/console.html", **_list(known_until), **_frame())
    version = _version(clock.now())
    if request.args.get("version") == version:
        return "", 204
    return render_template("staff/_reports.html", **_list(last_seen.before_this_visit(database(), _me())))


def _list(known_until: int) -> dict[str, object]:
    db, settings, now = database(), current_settings(), clock.now()
    version = _version(now)  # before the list is read: what happens meanwhile makes the next question worth an answer
    asked = filters.from_request()
    sites = filters.sites_of_member(db, settings)
    behind = filters.place_from_request()
    page = report_lists.page(db, asked.selection(sites, demo=settings.demo), behind)
    member = permissions.current_member()
    return {
        "asked": asked,
        "shown": list_rows.shown(db, settings, page.lines, member=member, known_until=known_until, now=now),
        "after": page.after,
        "before": request.args.get("after", "") if behind else "",
        "waiting": report_lists.waiting(db, sites, demo=settings.demo),
        "troubles": troubles_now(pulse(db, settings, now), settings),
        "on_duty": on_duty_here(now),
        "version": version,
        "now": now,
        "views": filters.VIEWS,
        "words": words,
    }


def _frame() -> dict[str, object]:
    settings = current_settings()
    sites = filters.sites_of_member(database(), settings)
    return {
        "sites": [words.site_of(settings, site) for site in sites],
        "kinds": KINDS.values(),
    }


def on_duty_here(now: datetime) -> list[tuple[str, OnDuty]]:
    """Whom each of the member's sites counts on now."""
    settings = current_settings()
    here = [site for site in settings.sites if permissions.may_see(site.id)]
    return [(site.name, on_duty(settings, database(), site.id, now)) for site in here]


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
