"""The first part of an address, and what becomes of one that names a language we do not speak."""

from typing import Any

from flask import g, redirect, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from kiosk.web.context import current_settings
from kiosk.web.texts import DEFAULT_LANGUAGE


class LanguageConverter(BaseConverter):
    """Anything that looks like a language code, so that an old or mistyped one still finds a page."""

    regex = "[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?"


def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Takes the language out of the address; an unknown one counts as French."""
    asked = (values or {}).pop("lang", DEFAULT_LANGUAGE)
    g.language = asked if asked in current_settings().languages.offered else DEFAULT_LANGUAGE
    g.language_unknown = asked != g.language


def put_language(endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("lang", g.get("language", DEFAULT_LANGUAGE))


def redirect_unknown() -> Response | None:
    """Pages move to their French address; what was posted is taken where it arrived."""
    if g.get("language_unknown") and request.method in ("GET", "HEAD") and request.endpoint:
        return redirect(url_for(request.endpoint, **(request.view_args or {})))
    return None
