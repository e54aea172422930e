"""A form that came too late, after the session or its token: what was typed comes back, to be sent with one more press.

It travels in hidden fields, through the sign-in where one is needed: never in an address, never kept on the server.
"""

import json
import re
from dataclasses import dataclass

from flask import Response, make_response, render_template, request

from kiosk.domain.handling import Eta, HiddenAs, HoldReason, Outcome
from kiosk.domain.worded import Worded
from kiosk.web.shared import htmx
from kiosk.web.staff.access.session import CSRF_FIELD

Fields = tuple[tuple[str, str], ...]

REFERENCE = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}")
# What a form was for, by the last part of its address.
ACTS = {
    "acknowledge": "Prendre le signalement en charge",
    "take-over": "Reprendre le signalement",
    "note": "Ajouter une note",
    "reply": "Répondre au déclarant",
    "close": "Clore le signalement",
    "reopen": "Rouvrir le signalement",
    "mark": "Masquer le signalement",
    "unmark": "Ne plus masquer le signalement",
    "retry": "Renvoyer les courriels",
    "hold": "Geler le signalement",
    "release": "Lever le gel",
    "absences": "Noter une absence",
    "search": "Chercher",
}
# The fields that are shown, with words for the codes that some of them hold; of any other, what reads like a sentence.
LABELS = {
    "note": "Note",
    "reply": "Réponse",
    "eta": "Délai",
    "outcome": "Issue",
    "as": "Comme",
    "words": "Mots",
    "reason": "Motif",
}
CODES: dict[str, type[Worded]] = {"eta": Eta, "outcome": Outcome, "as": HiddenAs, "reason": HoldReason}


@dataclass(frozen=True, slots=True)
class ExpiredForm:
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
    def act(self) -> str:
        return ACTS.get(self.action.rstrip("/").rpartition("/")[2], "")

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What somebody typed or chose, without the codes that only machines read."""
        return [
            (LABELS.get(name, ""), CODES[name].word(value) if name in CODES else value)
            for name, value in self.fields
            if value.strip() and (name in LABELS or any(sign.isspace() for sign in value.strip()))
        ]


def from_request() -> ExpiredForm:
    return ExpiredForm(request.path, tuple(pair for pair in request.form.items(multi=True) if pair[0] != CSRF_FIELD))


def from_text(text: str) -> ExpiredForm | None:
    """None for anything that as_text() would not write."""
    try:
        read = json.loads(text)
        return ExpiredForm(str(read["action"]), tuple((str(name), str(value)) for name, value in read["fields"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def confirmation(form: ExpiredForm, status: int = 200) -> Response:
    return _whole_page(render_template("staff/confirm.html", stale=form), status)


def sign_in_first(form: ExpiredForm) -> Response:
    return _whole_page(render_template("staff/sign_in.html", stale=form), 403)


def _whole_page(page: str, status: int) -> Response:
    """Also where a fragment was asked for: htmx then puts it in the place of the page."""
    response = make_response(page, status)
    if htmx.wants_fragment():
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
