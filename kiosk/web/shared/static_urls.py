"""Static files: URLs with a content hash, so that browsers may cache them for a year; bundles; compressed copies.

A built file that differs from the build's manifest is not served: pages work without it.
"""

import hashlib
import logging
from functools import cache
from mimetypes import guess_type
from posixpath import normpath
from typing import NamedTuple

from flask import Flask, Response, abort, request

from kiosk.bundles import COPIES, ENCODINGS, copy_name, digest, read_bundles, read_text, text_names
from kiosk.resources import BUILT, built_digests, static_folder, unverified_files

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    for name in sorted(unverified_files()):
        log.error("a browser file is not as it was built and is not served: %s", name)
    files = StaticFiles()
    app.jinja_env.globals["static_url"] = files.url

    def show(filename: str) -> Response:
        if filename != normpath(filename) or not files.is_as_built(filename):  # ``./`` and ``//`` name a file too
            abort(404)
        return files.answer(filename) if filename in files.texts else app.send_static_file(filename)

    app.view_functions["static"] = show


class Text(NamedTuple):
    content: bytes
    version: str


class StaticFiles:
    """Each text is read once, at its first use: files change with a new version of the program only.

    ``texts``: names below ``/static/`` of bundles, stylesheets, scripts and SVG pictures.
    """

    def __init__(self) -> None:
        self._digests = built_digests()
        self._folder = static_folder()
        self._bundles = read_bundles(self._folder)
        self.texts = text_names(self._folder, self._bundles)
        self._text = cache(self._read)

    def url(self, name: str) -> str:
        """``/static/js/steps.js?v=…``; without a version when the file is missing, so that the page still comes."""
        try:
            return f"/static/{name}?v={self._text(name).version}"
        except FileNotFoundError:
            return f"/static/{name}"

    def is_as_built(self, name: str) -> bool:
        """Also of a file that was altered since the start. Ours, which nobody builds, are as they are."""
        return name.partition("/")[0] not in BUILT or self._built(name) is not None

    def answer(self, name: str) -> Response:
        """Compressed with the encoding that the browser prefers, always whole: ``Range`` is ignored."""
        text = self._text(name)
        copies = self._copies(name, text.version)
        chosen = request.accept_encodings.best_match([*copies, "identity"], default="identity")
        response = Response(copies.get(chosen, text.content), mimetype=guess_type(name)[0])
        response.vary.add("Accept-Encoding")
        if chosen in copies:
            response.content_encoding = chosen
        response.set_etag(f"{text.version}-{chosen}")  # each encoding has its own
        response.make_conditional(request)
        return response

    def _read(self, name: str) -> Text:
        altered = [part for part in self._bundles.get(name, ()) if not self.is_as_built(part)]
        content = read_text(self._folder, name, self._bundles, without=altered)
        return Text(content, digest(content))

    def _copies(self, name: str, version: str) -> dict[str, bytes]:
        names = {code: f"{COPIES}/{copy_name(name, version, suffix)}" for code, suffix in ENCODINGS.items()}
        read = ((code, self._built(copy)) for code, copy in names.items())
        return {code: content for code, content in read if content is not None}

    def _built(self, name: str) -> bytes | None:
        """None if it is missing, a stranger, or not as the build wrote it."""
        if name not in self._digests:
            return None
        try:
            content = (self._folder / name).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == self._digests[name] else None


def serve(app: Flask, name: str, content: bytes, media_type: str) -> str:
    """Serve a file made from the settings; return its URL, with a content hash too."""

    def show() -> Response:
        return Response(content, mimetype=media_type)

    app.add_url_rule(f"/static/{name}", f"static_{name.partition('.')[0]}", show)
    return f"/static/{name}?v={digest(content)}"
