"""Large text and strong contrast, for as long as one person stands before the screen.

What was chosen travels in the addresses of the pages and nowhere else: no cookie, nothing in the browser's storage. The
way to the start leaves it behind.
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
    """For the pages of the door: their addresses keep what was chosen unless they say otherwise."""
    if name := _name(chosen()):
        values.setdefault("display", name)


def chosen() -> frozenset[str]:
    found: frozenset[str] = g.get("display", frozenset())
    return found


def display_after(switch: str) -> str | None:
    """The choice after one more tap on this switch; None for the plain display."""
    return _name(chosen() ^ {switch})


def _take_display() -> None:
    g.display = CHOICES.get(request.args.get("display", ""), frozenset())


def _name(choice: frozenset[str]) -> str | None:
    return next((name for name, switches in CHOICES.items() if switches == choice), None)
