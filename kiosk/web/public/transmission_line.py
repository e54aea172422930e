"""Transmission line of a report or an addition: what has left by now. It is polled until all has."""

from uuid import UUID

from flask import Flask, render_template
from markupsafe import Markup

from kiosk.web.public.moments import at
from kiosk.web.public.page import plain_name
from kiosk.web.public.page_cache import cached_fragment, placeholders
from kiosk.web.public.progress import Progress, Step


def install(app: Flask) -> None:
    app.jinja_env.globals["transmission_line"] = transmission_line


def transmission_line(progress: Progress | None, *, code: str = "", addition: UUID | None = None) -> Markup:
    """``code`` or ``addition`` asks for the next state; with neither, the line stays as it is."""
    if progress is None:
        return cached_fragment(_line, None, (), bool(addition), False)
    waiting = tuple(plain_name(audience) for audience in progress.waiting)
    own = {
        "code": code,
        "addition": str(addition or ""),
        "received_at": at(progress.received_at),
        "transmitted_at": at(progress.transmitted_at) if progress.transmitted_at else "",
    }
    polled = bool(addition or code) and progress.step != Step.SENT
    return cached_fragment(_line, progress.step, waiting, bool(addition), polled, own=own)


def _line(step: Step | None, waiting: tuple[str, ...], of_addition: bool, polled: bool) -> str:
    shown = {"step": step, "waiting": waiting, "of_addition": of_addition, "polled": polled}
    own = placeholders("code", "addition", "received_at", "transmitted_at")
    return render_template("public/_transmission.html", own=own, **shown)
