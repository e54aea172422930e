"""The first part of an address, and what becomes of one that names a language we do not speak."""

from typing import Any

from flask import g, redirect, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from kiosk.web.shared.context import current_settings
from kiosk.web.shared.texts import DEFAULT_LANGUAGE


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


def page_in(code: str) -> str:
    """This page in another language; the first page where an address has none."""
    if request.endpoint is None or request.endpoint == "home.french":
        return url_for("home.tiles", lang=code)
    return url_for(request.endpoint, **{**(request.view_args or {}), "lang": code})


def guess_language() -> None:
    """An address without a page is answered in the language it begins with."""
    first = request.path.split("/")[1]
    if request.routing_exception is not None and first in current_settings().languages.offered:
        g.language = first


def redirect_unknown() -> Response | None:
    """Pages move to their French address; what was posted is taken where it arrived."""
    if g.get("language_unknown") and request.method in ("GET", "HEAD") and request.endpoint:
        return redirect(url_for(request.endpoint, **(request.view_args or {})))
    return None
