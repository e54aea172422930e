"""Page language: the first part of the URL path, and redirects for unknown languages."""

from typing import Any

from flask import g, redirect, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from kiosk.web.shared.context import current_settings
from kiosk.web.shared.texts import DEFAULT_LANGUAGE


class LanguageConverter(BaseConverter):
    """Anything like a language code, so that an old or mistyped one still finds a page."""

    regex = "[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?"


def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """An unknown language counts as French."""
    asked = (values or {}).pop("lang", DEFAULT_LANGUAGE)
    g.language = asked if asked in current_settings().languages.offered else DEFAULT_LANGUAGE
    g.language_unknown = asked != g.language


def put_language(endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("lang", g.get("language", DEFAULT_LANGUAGE))


def page_in(code: str) -> str:
    """The home page's URL for ``/`` and for an unknown URL."""
    if request.endpoint is None or request.endpoint == "home.french":
        return url_for("home.tiles", lang=code)
    return url_for(request.endpoint, **{**(request.view_args or {}), "lang": code})


def guess_language() -> None:
    """For an unknown URL: the language that its path begins with."""
    first = request.path.split("/")[1]
    if request.routing_exception is not None and first in current_settings().languages.offered:
        g.language = first


def redirect_unknown() -> Response | None:
    """A POST is not redirected but handled at the URL it was sent to."""
    if g.get("language_unknown") and request.method in ("GET", "HEAD") and request.endpoint:
        return redirect(url_for(request.endpoint, **(request.view_args or {})))
    return None
