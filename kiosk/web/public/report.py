"""Report form of a kind, and the POST that stores the report."""

from typing import Any

from flask import Response, g, make_response, render_template, request

from kiosk import clock
from kiosk.domain.catalogue import kind_of
from kiosk.domain.one_time import OneTimeToken
from kiosk.domain.submission import Submission
from kiosk.reporting.accept import accept
from kiosk.web.public import one_time, page
from kiosk.web.public.page import posted, sent_from
from kiosk.web.public.page_cache import cached_page, placeholders
from kiosk.web.public.readiness import is_out_of_service
from kiosk.web.public.receipt import receipt_page
from kiosk.web.shared import htmx, texts
from kiosk.web.shared.context import current_settings, database
from kiosk.web.shared.origin import Origin, origin_of
from kiosk.web.shared.report_form import ReportForm, form_for

blueprint = page.blueprint("report")
Answer = str | tuple[str, int] | Response


@blueprint.url_value_preprocessor
def take_kind(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Invented addresses count as that of ``other``: the cache keeps a page for each address."""
    if values:
        values["kind"] = kind_of(values["kind"]).code


@blueprint.get("/<language:lang>/report/<kind>")
def show(kind: str) -> Response:
    return cached_page(_blank, kind, is_out_of_service(), own={"submission_id": str(Submission().id)})


@blueprint.post("/<language:lang>/report/<kind>")
def send(kind: str) -> Answer:
    origin = origin_of(request.headers, request.host)
    form = g.unsaved = form_for(kind_of(kind), current_settings().local_site, posted())
    if origin is Origin.FOREIGN:
        form.renew_submission()  # the author of the other page may know the id it posted
        return _form_page(form, notice="foreign"), 403
    if not form.validate():
        return _form_page(form), 422
    flags = ("origin_unknown",) if origin is Origin.DOUBTFUL else ()
    report = form.to_report(
        current_settings(), language=texts.language(), now=clock.now(), sent_from=sent_from(), flags=flags
    )
    token = None if htmx.wants_fragment() else OneTimeToken()
    receipt = accept(database(), current_settings(), report, report.received_at, token)
    return one_time.lead_to(token) if token and receipt.waits else receipt_page(receipt)


@blueprint.post("/<language:lang>/report/<kind>/language")
def change_language(kind: str) -> Response:
    """The form with everything typed. A whole page, because every text changes."""
    form = form_for(kind_of(kind), current_settings().local_site, posted())
    page = make_response(_page(form, out_of_service=is_out_of_service()))
    page.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML show:window:top"})
    return page


@blueprint.post("/<language:lang>/report/<kind>/questions")
def questions(kind: str) -> Answer:
    """Questions that depend on the answer to ``asked``."""
    form = form_for(kind_of(kind), current_settings().local_site, posted())
    asked = request.args.get("asked", "")
    if asked not in form or not form.dependents(asked):
        return "", 204
    return render_template("public/_dependents.html", form=form, kind=form.kind, code=asked, scripted=True)


def unsaved_page(status: int) -> str | None:
    """After a server error: everything typed and the same submission id, for an idempotent retry."""
    form = g.get("unsaved")
    return _form_page(form, notice="not_confirmed") if form is not None and status >= 500 else None


def _blank(kind: str, out_of_service: bool) -> str:
    form = form_for(kind_of(kind), current_settings().local_site, None)
    form.submission_id.data = placeholders("submission_id")["submission_id"]
    return _page(form, out_of_service=out_of_service)


def _form_page(form: ReportForm, notice: str = "") -> str:
    cannot_save = not notice and is_out_of_service()
    return _page(form, notice=notice, out_of_service=cannot_save, fragment=htmx.wants_fragment())


def _page(form: ReportForm, *, out_of_service: bool, notice: str = "", fragment: bool = False) -> str:
    return render_template(
        "public/_report.html" if fragment else "public/report.html",
        form=form,
        kind=form.kind,
        notice=notice,
        out_of_service=out_of_service,
        scripted=fragment,
    )
