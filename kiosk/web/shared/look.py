"""Branding: logo, colour and screen density, as files that browsers cache."""

from flask import Flask

from kiosk.config import Settings
from kiosk.config.look import LOGO_TYPES
from kiosk.web.shared.static_urls import serve


def install(app: Flask, settings: Settings) -> None:
    urls = {"look_url": serve(app, "look.css", stylesheet(settings).encode(), "text/css")}
    if settings.logo is not None:
        suffix = settings.logo.suffix.lower()
        urls["logo_url"] = serve(app, f"logo{suffix}", settings.logo.read_bytes(), LOGO_TYPES[suffix])
    app.jinja_env.globals.update({"logo_url": "", **urls})


def stylesheet(settings: Settings) -> str:
    """static/css/tokens.css mixes every shade from ``--brand``; ``--mm``: pixels per millimetre."""
    brand = settings.organisation.accent.lower()
    return f":root {{ --brand: {brand}; --mm: {settings.screen.density:g}px; }}\n"
