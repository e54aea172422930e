"""htmx settings, and workarounds for htmx-flask 0.1.0, which no other module uses.

It sets no Vary: a cache could show a fragment as a page. Its make_response() is not used: it refuses valid swap styles
(a missing comma, no modifiers) and sends triggers in non-Latin scripts that a server cannot write.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response
from htmx_flask import Htmx, request

# htmx may do nothing that the Content-Security-Policy forbids, and may keep no page in the browser's storage. Of the
# errors only 403 and 422 are swapped in, which return the form with everything typed; for the others kiosk.js shows a
# line and leaves the form as it is.
CONFIG: Mapping[str, Any] = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "historyEnabled": False,
    "historyCacheSize": 0,
    "selfRequestsOnly": True,
    "disableInheritance": True,
    "ignoreTitle": True,
    "scrollIntoViewOnBoost": False,
    "attributesToSettle": ["class"],
    "timeout": 10_000,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "403|422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}

# Proves to kiosk.js that a fragment comes from the kiosk and not, say, from a captive portal.
OURS = "X-Kiosk-Fragment"


def install(app: Flask) -> None:
    Htmx(app)
    app.jinja_env.globals["htmx_config"] = json.dumps(CONFIG)
    app.after_request(_mark)


def wants_fragment() -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request


def _mark(response: Response) -> Response:
    if request.path.startswith("/static/"):
        return response
    response.vary.add("HX-Request")
    if wants_fragment():
        response.headers[OURS] = "1"
    return response
