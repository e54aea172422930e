"""What became of a report: its times and nothing else, for whoever holds its code or still sees its receipt."""

from flask import render_template, request
from flask_babel import gettext as _

from kiosk import clock
from kiosk.intake.reference import follow_up_hash, parse
from kiosk.store.reports import transmission, transmission_by_follow_up
from kiosk.web import htmx
from kiosk.web.context import database
from kiosk.web.public import page
from kiosk.web.public.progress import Progress, progress_of
from kiosk.web.public.readiness import nothing_leaves

TYPED_LIMIT = 100  # characters; a code has 19

blueprint = page.blueprint("follow_up")
Answer = str | tuple[str, int]


@blueprint.get("/<language:lang>/follow-up")
def ask() -> str:
    return _page()


@blueprint.post("/<language:lang>/follow-up")
def find() -> Answer:
    """One answer to every wrong code, so that nothing can be learned from it."""
    typed = request.form.get("code", "")[:TYPED_LIMIT]
    progress = _by_code(typed)
    if progress is None:
        error = _("Ce code n'est pas reconnu. Vérifiez-le lettre par lettre, ou demandez à l'accueil.")
        return _page(typed=typed, error=error), 422
    return _page(progress=progress)


@blueprint.post("/<language:lang>/transmission")
def transmission_line() -> Answer:
    """Polled by the receipt: 204 as long as the line on screen is still true."""
    reference = parse(request.form.get("reference", ""), length=9)
    found = transmission(database(), reference) if reference else None
    progress = progress_of(found, clock.now(), nothing_leaves)
    if progress is None or progress.step == request.form.get("shown"):
        return "", 204
    return render_template("public/_transmission.html", progress=progress)


def _by_code(typed: str) -> Progress | None:
    code = parse(typed, length=16)
    found = transmission_by_follow_up(database(), follow_up_hash(code)) if code else None
    return progress_of(found, clock.now(), nothing_leaves)


def _page(*, typed: str = "", error: str = "", progress: Progress | None = None) -> str:
    template = "public/_follow_up.html" if htmx.wants_fragment() else "public/follow_up.html"
    return render_template(template, typed=typed, error=error, progress=progress)
