"""One-time addresses of the staff door: pages that answer a POST and are shown by GET, once.

A browser keeps the body of a POST for as long as it remembers the page that answered. So what was typed ends in a
redirect wherever it succeeds; where no page of its own follows, it leads here.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.roles import ALL_ROLES
from kiosk.reporting.shown_once import RenderedPage, look_up, void
from kiosk.web.shared.context import database
from kiosk.web.shared.one_time import kept
from kiosk.web.staff.access.permissions import for_roles

blueprint = Blueprint("one_time", __name__)


@blueprint.get("/page/<token>")
@for_roles(*ALL_ROLES)
def show(token: str) -> ResponseReturnValue:
    """Only a GET uses the address up."""
    if request.method == "HEAD":
        return ""
    known = OneTimeToken(token)
    found = look_up(database(), known, clock.now())
    if isinstance(found, RenderedPage) and void(database(), known):
        return found.html, found.status
    return no_longer_shown()


def lead_to(html: str) -> ResponseReturnValue:
    """For somebody who is signed in. The page itself if it cannot wait."""
    token = kept(RenderedPage(200, html))
    return redirect(url_for("one_time.show", token=token.text), 303) if token else html


def no_longer_shown() -> ResponseReturnValue:
    return render_template("staff/shown_before.html"), 410
