"""Page cache: pages that are the same for every visitor are rendered and compressed once.

Nothing personal can enter. A page is rendered in a request of its own, made from the key alone; the visitor's request
and the database are out of its reach.
"""

import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import zip_longest
from secrets import randbits
from struct import pack

from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup, escape

from kiosk.domain.report import SentFrom
from kiosk.web.public.page import sent_from
from kiosk.web.shared.context import forbid_database

CACHE = "kiosk_page_cache"
PAGES = 256  # of terminals, and as many of visitors; about 5 KiB each
MARK = str(randbits(128))  # digits, which no filter changes; nobody can have put them into a name in the settings

Own = Mapping[str, str]  # texts of this visitor by the names of their placeholders
NOTHING: Own = {}

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
    """Deflate streams (RFC 1951) between which the visitor's own texts stand; each but the last ends on a byte."""

    streams: tuple[bytes, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, html: str) -> "CachedPage":
        *texts, last = (text.encode() for text in html.split(MARK)[::2])
        streams = (*(_deflate(text, zlib.Z_FULL_FLUSH) for text in texts), _deflate(last, zlib.Z_FINISH))
        return cls(streams, tuple(html.split(MARK)[1::2]))

    def plain(self, own: Own) -> bytes:
        return b"".join(self._filled((_inflate(stream) for stream in self.streams), own, bytes))

    def gzipped(self, own: Own) -> bytes:
        page = self.plain(own)
        tail = pack("<LL", zlib.crc32(page), len(page))
        return b"".join((GZIP_HEAD, *self._filled(self.streams, own, _stored), tail))

    def _filled(self, streams: Iterable[bytes], own: Own, form: Callable[[bytes], bytes]) -> Iterator[bytes]:
        for stream, name in zip_longest(streams, self.names):
            yield stream
            if name:
                yield form(escape(own[name]).encode())


def placeholders(*names: str) -> dict[str, str]:
    """Marks in a cached page, by name: each is replaced by a text of the visitor, escaped unless it is Markup."""
    return {name: f"{MARK}{name}{MARK}" for name in names}


def install(app: Flask) -> None:
    """A cache of their own for terminals: nobody on the network can drive their pages out."""
    app.extensions[CACHE] = {sender: lru_cache(PAGES)(partial(_render, app)) for sender in SentFrom}


def cached_page(render: Callable[..., str], *arguments: Hashable, own: Own = NOTHING) -> Response:
    """Page that ``render(*arguments)`` made once for this language, display and kind of sender.

    ``arguments``: all else that it depends on but settings. ``own``: this visitor's texts for its placeholders.
    """
    page = _cached(Key(render, arguments, url_for(str(request.endpoint), **(request.view_args or {})), sent_from()))
    response = Response(mimetype="text/html")
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        response.content_encoding = "gzip"
        response.data = page.gzipped(own)
    else:
        response.data = page.plain(own)
    return response


def cached_fragment(render: Callable[..., str], *arguments: Hashable, own: Own = NOTHING) -> Markup:
    """Part of a page, likewise; rendered in a request for the home page."""
    fragment = _cached(Key(render, arguments, url_for("home.tiles"), sent_from()))
    return Markup(fragment.plain(own).decode())  # noqa: S704 (escaped by its template)


def _cached(key: Key) -> CachedPage:
    page: CachedPage = current_app.extensions[CACHE][key.sent_from](key)
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


def _inflate(stream: bytes) -> bytes:
    return zlib.decompressobj(RAW_DEFLATE).decompress(stream)


def _stored(data: bytes) -> bytes:
    """Stored block, at most 65 535 bytes."""
    return pack("<BHH", 0, len(data), len(data) ^ 0xFFFF) + data
