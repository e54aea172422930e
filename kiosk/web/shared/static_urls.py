"""Static file URLs with a content hash, so that browsers may cache the files for a year.

A vendored file that differs from the build's manifest is not served: pages work without it.
"""

import hashlib
import logging
from functools import lru_cache

from flask import Flask, Response, abort

from kiosk.resources import static_folder, unverified_vendor_files

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Each file is read once for an app: a page names thirty, and files change with a new version of the program."""
    app.jinja_env.globals["static_url"] = lru_cache(maxsize=None)(static_url)
    _refuse(app, unverified_vendor_files())


def _refuse(app: Flask, names: frozenset[str]) -> None:
    for name in sorted(names):
        log.error("a browser file is not as it was built and is not served: %s", name)

    def show(filename: str) -> Response:
        if filename in names:
            abort(404)
        return app.send_static_file(filename)

    app.view_functions["static"] = show


def static_url(name: str) -> str:
    """``/static/css/base.css?v=…``; without a version when the file is missing, so that the page still comes."""
    try:
        return f"/static/{name}?v={_short((static_folder() / name).read_bytes())}"
    except FileNotFoundError:
        return f"/static/{name}"


def serve(app: Flask, name: str, content: bytes, media_type: str) -> str:
    """Serve a file made from the settings; return its URL, with a content hash too."""

    def show() -> Response:
        return Response(content, mimetype=media_type)

    app.add_url_rule(f"/static/{name}", f"static_{name.partition('.')[0]}", show)
    return f"/static/{name}?v={_short(content)}"


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
