"""One-time pages of the public door, and the request that empties the cache of a browser without scripts.

Such a browser keeps the body of a POST for as long as it remembers the page that answered. So a POST is answered by a
redirect, and the page is shown once, by GET.
"""

from flask import Flask, Response, render_template, request, url_for

from kiosk import clock
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import receipt_of
from kiosk.reporting.shown_once import RenderedPage, look_up, void
from kiosk.web.public import page
from kiosk.web.public.receipt import receipt_page
from kiosk.web.shared import htmx
from kiosk.web.shared.context import database
from kiosk.web.shared.one_time import kept

Answer = str | tuple[str, int]

# Not 400, which a wrong host gets, nor 503: the database could not keep a page. Both show the page at once.
KEPT = {200, 403, 404, 405, 413, 422, 500}

blueprint = page.blueprint("one_time")


def install(app: Flask) -> None:
    app.after_request(_keep_no_body)


@blueprint.get("/<language:lang>/page/<token>")
def show(token: str) -> Answer:
    """Only a GET uses the address up."""
    if request.method == "HEAD":
        return ""
    known = OneTimeToken(token)
    found = look_up(database(), known, clock.now())
    shown = _page_of(found)
    return shown if shown and void(database(), known) else (render_template("public/shown_before.html"), 410)


@blueprint.get("/forget.css")
def forget() -> Response:
    """Asked for by every page that runs no script: the browser drops the former pages that Back would show alive."""
    return Response(mimetype="text/css", headers={"Clear-Site-Data": '"cache"'})


def lead_to(token: OneTimeToken) -> Response:
    return Response(status=303, headers={"Location": url_for("one_time.show", token=token.text)})


def _page_of(found: Submission | RenderedPage | None) -> Answer | None:
    if isinstance(found, RenderedPage):
        return found.html, found.status
    receipt = receipt_of(database(), found) if found else None
    return receipt_page(receipt) if receipt else None


def _keep_no_body(response: Response) -> Response:
    if request.method != "POST" or htmx.wants_fragment() or response.status_code not in KEPT:
        return response
    token = kept(RenderedPage(response.status_code, response.get_data(as_text=True)))
    return lead_to(token) if token else response
