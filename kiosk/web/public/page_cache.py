"""Page cache: pages that are the same for every visitor are rendered and compressed once.

Nothing personal can enter. A page is rendered in a request of its own, made from the key alone; the visitor's request
and the database are out of its reach.
"""

import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache, partial
from struct import pack

from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup

from kiosk.domain.report import SentFrom
from kiosk.web.public.page import sent_from
from kiosk.web.shared.context import forbid_database

CACHE = "kiosk_page_cache"
PAGES = 256  # about 10 KiB each
# A page holds it where each visitor gets a text of their own.
PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}"

# RFC 1952: deflate, no name, no time, any system.
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
RAW_DEFLATE = -zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Key:
    """All that a page depends on, besides the settings. ``url``: made by ``url_for``; it holds language and display."""

    render: Callable[..., str]
    arguments: tuple[Hashable, ...]
    url: str
    sent_from: SentFrom


@dataclass(frozen=True, slots=True)
class CachedPage:
    """Both sides of the placeholder, as deflate streams of which the first ends on a byte (RFC 1951)."""

    before: bytes
    after: bytes

    @classmethod
    def of(cls, html: str) -> "CachedPage":
        before, _, after = html.partition(PLACEHOLDER)
        return cls(_deflate(before.encode(), zlib.Z_FULL_FLUSH), _deflate(after.encode(), zlib.Z_FINISH))

    def plain(self, own: bytes) -> bytes:
        return zlib.decompressobj(RAW_DEFLATE).decompress(self.before) + own + zlib.decompress(self.after, RAW_DEFLATE)

    def gzipped(self, own: bytes) -> bytes:
        """``own`` stands in it as a stored block: at most 65 535 bytes."""
        page = self.plain(own)
        stored = pack("<BHH", 0, len(own), len(own) ^ 0xFFFF) + own
        return b"".join((GZIP_HEAD, self.before, stored, self.after, pack("<LL", zlib.crc32(page), len(page))))


def install(app: Flask) -> None:
    app.extensions[CACHE] = lru_cache(PAGES)(partial(_render, app))


def cached_page(render: Callable[..., str], *arguments: Hashable, own: str = "") -> Response:
    """``render(*arguments)`` makes the page, once. ``own``: this visitor's text at the placeholder, in ASCII."""
    page = _cached(Key(render, arguments, url_for(str(request.endpoint), **(request.view_args or {})), sent_from()))
    response = Response(mimetype="text/html")
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.content_encoding = "gzip"
        response.data = page.gzipped(own.encode("ascii"))
    else:
        response.data = page.plain(own.encode("ascii"))
    return response


def cached_fragment(render: Callable[..., str], *arguments: Hashable) -> Markup:
    """Part of a page, rendered as on the home page."""
    fragment = _cached(Key(render, arguments, url_for("home.tiles"), sent_from()))
    return Markup(fragment.plain(b"").decode())  # noqa: S704 (escaped by its template)


def _cached(key: Key) -> CachedPage:
    page: CachedPage = current_app.extensions[CACHE](key)
    return page


def _render(app: Flask, key: Key) -> CachedPage:
    # Without an app context of its own, the page would share the visitor's ``g``.
    with app.app_context(), app.test_request_context(key.url):
        app.preprocess_request()
        g.sent_from = key.sent_from
        forbid_database()
        return CachedPage.of(key.render(*key.arguments))


def _deflate(data: bytes, end: int) -> bytes:
    compressor = zlib.compressobj(zlib.Z_BEST_COMPRESSION, wbits=RAW_DEFLATE)
    return compressor.compress(data) + compressor.flush(end)
