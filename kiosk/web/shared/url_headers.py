"""URLs in request headers (``Origin``, ``HX-Current-URL``, ``Host``): a client may write anything there.

Nothing else in ``kiosk/web`` parses a header's URL, so that none of them can raise.
"""

from typing import NamedTuple
from urllib.parse import urlsplit


class HeaderUrl(NamedTuple):
    """Empty parts where the header is missing or is no URL. ``netloc`` is name and port as a browser writes them."""

    netloc: str = ""
    hostname: str = ""
    path: str = ""


def parse_url(header: str | None) -> HeaderUrl:
    try:
        parts = urlsplit(header or "")
        return HeaderUrl(parts.netloc.lower(), parts.hostname or "", parts.path)
    except ValueError:  # such as "http://[", which no browser sends
        return HeaderUrl()


def parse_host(header: str) -> HeaderUrl:
    """Of the value of ``Host``, which has no scheme."""
    return parse_url(f"//{header}")
