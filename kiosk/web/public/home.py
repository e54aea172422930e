"""Home page: one tile for each kind, and the readiness notice."""

from flask import Response, render_template, request

from kiosk.domain.catalogue import KINDS
from kiosk.web.public import page
from kiosk.web.public.page_cache import cached_page
from kiosk.web.public.readiness import Readiness, readiness
from kiosk.web.shared import htmx

blueprint = page.blueprint("home")


@blueprint.get("/", endpoint="french")
@blueprint.get("/<language:lang>/", endpoint="tiles")
def tiles() -> Response:
    """A terminal shows this page for days: it polls, and reloads when its readiness has changed."""
    now = readiness()
    if htmx.wants_fragment():
        changed = request.args.get("shown") != now
        return Response(status=204, headers={"HX-Refresh": "true"} if changed else {})
    return cached_page(_home, now)


def _home(now: Readiness) -> str:
    return render_template("public/home.html", kinds=KINDS.values(), readiness=now)
