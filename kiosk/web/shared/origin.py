"""Cross-site request check by headers alone: a CSRF token could expire while a report is typed.

A POST from another site is not stored: the form is shown again, to be sent from here. Everything else is accepted: an
anonymous form that can only add gives a forger nothing to steal.
"""

from enum import Enum
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers


class Origin(Enum):
    OURS = "ours"
    DOUBTFUL = "doubtful"
    FOREIGN = "foreign"


def origin_of(headers: Headers, host: str) -> Origin:
    """``host``: name and port of the request. Sec-Fetch-Site, where sent, overrides Origin."""
    site = headers.get("Sec-Fetch-Site", "")
    if site:
        return {"same-origin": Origin.OURS, "none": Origin.OURS, "cross-site": Origin.FOREIGN}.get(
            site, Origin.DOUBTFUL
        )
    origin = headers.get("Origin")
    if origin is None:
        return Origin.OURS
    if origin == "null":
        return Origin.DOUBTFUL
    return Origin.OURS if _name_and_port(origin) == host.lower() else Origin.FOREIGN


def _name_and_port(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # such as "http://[", which no browser sends
        return ""
