"""File downloads."""

import json
from typing import Any

from flask import Response, make_response

from kiosk.mail.safe_text import unclickable_json


def as_file(content: bytes | str, kind: str, name: str) -> Response:
    """``kind``: the full Content-Type. ``name`` is not escaped: never pass user input."""
    response: Response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def as_json_file(told: dict[str, Any], name: str) -> Response:
    written = unclickable_json(json.dumps(told, ensure_ascii=False, indent=2))
    return as_file(written + "\n", "application/json", name)
