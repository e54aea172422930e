"""The one module that knows htmx-flask, and works around what 0.1.0 gets wrong.

It sets no Vary, so that a cache could show a fragment as a page. Its make_response() is not used: it refuses valid swap
styles (a missing comma, no modifiers) and sends triggers in other scripts than Latin that a server cannot write.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response
from htmx_flask import Htmx, request

# What htmx may do in our pages: nothing that the Content-Security-Policy forbids, and no copy of a page in the
# browser's storage. Of the errors only those swap that bring the form back with everything in it; for the others
# kiosk.js shows a line and leaves the text where it is.
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

# Proves to kiosk.js that a fragment is ours and not, say, the sign-in page of a network in between.
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
