"""Static file URLs with a content hash, so that browsers may cache the files for a year."""

import hashlib
from functools import lru_cache

from flask import Flask, Response

from kiosk.resources import static_folder


def install(app: Flask) -> None:
    """Each file is read once for an app: a page names thirty, and files change with a new version of the program."""
    app.jinja_env.globals["static_url"] = lru_cache(maxsize=None)(static_url)


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
