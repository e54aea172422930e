"""What a form posted."""

from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict


def posted() -> MultiDict[str, str]:
    """Of a body with bytes that are no UTF-8 Werkzeug would drop every field."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return request.form
    body = request.get_data().decode("utf-8", "replace")
    return request.form or MultiDict(parse_qsl(body, keep_blank_values=True))
