"""The staff's door: what waits, what is wrong, and the demonstration's mailbox."""

from flask import Flask

from kiosk.config import Settings
from kiosk.web import errors
from kiosk.web.app import make_app
from kiosk.web.context import current_settings
from kiosk.web.staff import demo, transmission


def create(settings: Settings) -> Flask:
    app = make_app(settings, for_staff=True)
    app.register_blueprint(transmission.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    app.context_processor(_page_values)
    errors.install(app, layout="staff/page.html")
    return app


def _page_values() -> dict[str, object]:
    settings = current_settings()
    return {
        "demo": settings.demo,
        "organisation": settings.organisation.name,
        "language": "fr",
        "direction": "ltr",
        "home_url": "/",
    }
