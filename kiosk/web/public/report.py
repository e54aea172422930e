"""The form of a kind, and the post that makes it a report."""

from datetime import timedelta
from urllib.parse import parse_qsl

from flask import Response, g, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from kiosk import clock
from kiosk.config import Audience
from kiosk.duty.audiences import recipients
from kiosk.intake.accept import Receipt, accept
from kiosk.intake.catalogue import Tristate, kind_of
from kiosk.intake.form import ReportForm, form_for
from kiosk.intake.report import Report
from kiosk.store.reports import transmission
from kiosk.web import htmx, texts
from kiosk.web.context import current_settings, database
from kiosk.web.origin import Origin, origin_of
from kiosk.web.public import page
from kiosk.web.public.progress import progress_of
from kiosk.web.public.readiness import nothing_leaves

# A retry after a lost answer comes within this time; later, somebody else may stand before the screen.
CODE_SHOWN_FOR = timedelta(minutes=2)

blueprint = page.blueprint("report")
Answer = str | tuple[str, int]


@blueprint.get("/<language:lang>/report/<kind>")
def show(kind: str) -> str:
    return _form_page(form_for(kind_of(kind), current_settings().local_site, None))


@blueprint.post("/<language:lang>/report/<kind>")
def send(kind: str) -> Answer:
    origin = origin_of(request.headers, request.host)
    form = g.unsaved = form_for(kind_of(kind), current_settings().local_site, _said())
    if origin is Origin.FOREIGN:
        form.renew_submission()  # whoever made the other page may know the id it posted
        return _form_page(form, notice="foreign"), 403
    if not form.validate():
        return _form_page(form), 422
    flags = ("origin_unknown",) if origin is Origin.DOUBTFUL else ()
    report = form.to_report(current_settings(), language=texts.language(), now=clock.now(), flags=flags)
    return _receipt_page(report, accept(database(), current_settings(), report, report.received_at))


@blueprint.post("/<language:lang>/report/<kind>/language")
def change_language(kind: str) -> Response:
    """The form with every word in it, in the language of the address; a whole page, because all of it changes."""
    form = form_for(kind_of(kind), current_settings().local_site, _said())
    page = make_response(render_template("public/report.html", form=form, kind=form.kind, notice="", scripted=False))
    page.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML show:window:top"})
    return page


@blueprint.post("/<language:lang>/report/<kind>/questions")
def questions(kind: str) -> Answer:
    """The questions that the answer to ``asked`` calls for, with whatever was already typed in them."""
    form = form_for(kind_of(kind), current_settings().local_site, _said())
    asked = request.args.get("asked", "")
    if asked not in form or not form.dependents(asked):
        return "", 204
    return render_template("public/_dependents.html", form=form, kind=form.kind, code=asked, scripted=True)


def unsaved_page(status: int) -> str | None:
    """After a failure of ours: the form again with every word in it and the same submission id."""
    form = g.get("unsaved")
    return _form_page(form, notice="not_confirmed") if form is not None and status >= 500 else None


def _form_page(form: ReportForm, notice: str = "") -> str:
    template = "public/_report.html" if htmx.wants_fragment() else "public/report.html"
    return render_template(template, form=form, kind=form.kind, notice=notice, scripted=htmx.wants_fragment())


def _receipt_page(report: Report, receipt: Receipt) -> str:
    now = clock.now()
    template = "public/_receipt.html" if htmx.wants_fragment() else "public/receipt.html"
    return render_template(
        template,
        kind=report.kind,
        receipt=receipt,
        code_shown=receipt.is_new or now - receipt.committed_at < CODE_SHOWN_FOR,
        told=[page.plain_name(audience) for audience in _told(report)],
        progress=progress_of(transmission(database(), receipt.reference), now, nothing_leaves),
    )


def _told(report: Report) -> list[Audience]:
    settings = current_settings()
    excluded = report.personal_data == Tristate.NO
    chosen = recipients(settings.audiences, site=report.site, kind=report.kind.code, personal_data_excluded=excluded)
    return [audience for audience in chosen if audience.address or settings.demo]


def _said() -> MultiDict[str, str]:
    """What was posted; of a body with bytes that are no UTF-8 Werkzeug would drop every field."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return request.form
    body = request.get_data().decode("utf-8", "replace")
    return request.form or MultiDict(parse_qsl(body, keep_blank_values=True))
