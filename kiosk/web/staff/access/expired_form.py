"""Expired forms: posts that arrive after the session or its CSRF token ended. One press sends them again.

The values travel in hidden fields, through sign-in if needed; never in a URL, never stored on the server.
"""

import json
import re
from dataclasses import dataclass

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from kiosk.web.shared import htmx
from kiosk.web.staff.access.routes import Route, fields_of, form_of, route_to
from kiosk.web.staff.access.sign_in_page import SignInPage

Fields = tuple[tuple[str, str], ...]

REFERENCE = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}")


@dataclass(frozen=True, slots=True)
class ExpiredForm:
    action: str
    fields: Fields

    def as_text(self) -> str:
        return json.dumps({"action": self.action, "fields": self.fields}, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    """``failed``: it came in time, but could not be stored.

    ``reference``: of the form's report, or empty; ``shown``: labels and values.
    """

    failed: bool
    action: str
    act: str
    reference: str
    fields: Fields
    shown: tuple[tuple[str, str], ...]


def from_request() -> ExpiredForm:
    form = form_of(Route(request.endpoint or "", request.view_args or {}))
    names = {field.name for field in fields_of(form)} if form else set()
    return ExpiredForm(request.path, tuple(pair for pair in request.form.items(multi=True) if pair[0] in names))


def from_text(text: str) -> ExpiredForm | None:
    """None unless ``as_text`` could have written it."""
    try:
        read = json.loads(text)
        return ExpiredForm(str(read["action"]), tuple((str(name), str(value)) for name, value in read["fields"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def confirmation(expired: ExpiredForm, status: int = 200) -> Response:
    return _whole_page(render_template("staff/confirm.html", page=page_of(expired)), status)


def unsaved(form: ExpiredForm) -> str:
    """Page that says that nothing was stored, with all that was typed."""
    return render_template("staff/confirm.html", page=page_of(form, failed=True))


def page_of(expired: ExpiredForm, *, failed: bool = False) -> ConfirmPage:
    """Keep only declared fields; show those that a person typed or chose, with labels."""
    route = route_to(expired.action, "POST")
    form = form_of(route) if route else None
    typed = fields_of(form, MultiDict(expired.fields)) if form else []
    names = {field.name for field in typed}
    found = REFERENCE.search(expired.action)
    return ConfirmPage(
        failed=failed,
        action=expired.action,
        act=getattr(form, "act", ""),
        reference=found[0] if found else "",
        fields=tuple(pair for pair in expired.fields if pair[0] in names),
        shown=tuple((str(field.label.text), told) for field in typed if (told := getattr(field, "told", ""))),
    )


def sign_in_first(expired: ExpiredForm) -> Response:
    return _whole_page(render_template("staff/sign_in.html", page=SignInPage(expired=expired.as_text())), 403)


def _whole_page(page: str, status: int) -> Response:
    """For a fragment request, make htmx replace the whole page."""
    response = make_response(page, status)
    if htmx.wants_fragment():
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
