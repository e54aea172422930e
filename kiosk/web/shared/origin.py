"""Cross-site request check by headers alone: a CSRF token could expire while a report is typed.

A POST from another site is not stored: the form is shown again, to be sent from here. Everything else is accepted: an
anonymous form that can only add gives a forger nothing to steal.
"""

from enum import Enum

from werkzeug.datastructures import Headers

from kiosk.web.shared.url_headers import parse_url


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
    return Origin.OURS if parse_url(origin).netloc == host.lower() else Origin.FOREIGN
