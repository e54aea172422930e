"""Display options: large text and strong contrast.

The choice is only in the URLs of the pages (``?display=``): no cookie, no browser storage. The start URL drops it, so
the next person begins with the plain display.
"""

from typing import Any

from flask import Flask, g, request

LARGE, CONTRAST, BOTH = "large", "contrast", "both"
CHOICES = {LARGE: frozenset({LARGE}), CONTRAST: frozenset({CONTRAST}), BOTH: frozenset({LARGE, CONTRAST})}


def install(app: Flask) -> None:
    app.before_request(_take_display)
    app.jinja_env.globals.update(display_after=display_after)
    app.context_processor(lambda: {"display": chosen()})


def put_display(endpoint: str, values: dict[str, Any]) -> None:
    """``url_defaults`` callback: keeps the current choice in URLs that do not set ``display``."""
    if name := _name(chosen()):
        values.setdefault("display", name)


def chosen() -> frozenset[str]:
    found: frozenset[str] = g.get("display", frozenset())
    return found


def display_after(switch: str) -> str | None:
    """None for the plain display."""
    return _name(chosen() ^ {switch})


def _take_display() -> None:
    g.display = CHOICES.get(request.args.get("display", ""), frozenset())


def _name(choice: frozenset[str]) -> str | None:
    return next((name for name, switches in CHOICES.items() if switches == choice), None)
