"""A form that came too late, after the session or its token: what was typed comes back, to be sent with one more press.

It travels in hidden fields, through the sign-in where one is needed: never in an address, never kept on the server.
"""

import json
import re
from dataclasses import dataclass

from flask import Response, make_response, render_template, request

from kiosk.web import htmx
from kiosk.web.staff.session import CSRF_FIELD

Fields = tuple[tuple[str, str], ...]

REFERENCE = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}")
# What staff call the fields that they fill in; of any other, only the words are shown.
LABELS = {
    "note": "Note",
    "reply": "Réponse au déclarant",
    "eta": "Délai annoncé",
    "outcome": "Issue",
    "reason": "Motif",
    "description": "Description",
}


@dataclass(frozen=True, slots=True)
class StaleForm:
    """``action``: the address that the form was sent to."""

    action: str
    fields: Fields

    def as_text(self) -> str:
        return json.dumps({"action": self.action, "fields": self.fields}, ensure_ascii=False)

    @property
    def reference(self) -> str:
        """Of the report that the form belongs to, where its address names one."""
        found = REFERENCE.search(self.action)
        return found[0] if found else ""

    @property
    def shown(self) -> list[tuple[str, str]]:
        return [(LABELS.get(name, ""), value) for name, value in self.fields if value.strip()]


def from_request() -> StaleForm:
    return StaleForm(request.path, tuple(pair for pair in request.form.items(multi=True) if pair[0] != CSRF_FIELD))


def from_text(text: str) -> StaleForm | None:
    """None for anything that as_text() would not write."""
    try:
        read = json.loads(text)
        return StaleForm(str(read["action"]), tuple((str(name), str(value)) for name, value in read["fields"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def confirmation(form: StaleForm, status: int = 200) -> Response:
    return _whole_page(render_template("staff/confirm.html", stale=form), status)


def sign_in_first(form: StaleForm) -> Response:
    return _whole_page(render_template("staff/sign_in.html", stale=form), 403)


def _whole_page(page: str, status: int) -> Response:
    """Also where a fragment was asked for: htmx then puts it in the place of the page."""
    response = make_response(page, status)
    if htmx.wants_fragment():
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
