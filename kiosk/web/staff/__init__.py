"""The staff's door: what waits, what is wrong, and the demonstration's mailbox."""

from flask import Flask

from kiosk.config import Settings
from kiosk.web import context, errors, headers, health, htmx, static_urls, texts
from kiosk.web.resources import static_folder, templates_folder
from kiosk.web.staff import demo, transmission

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")


def create(settings: Settings) -> Flask:
    app = Flask("kiosk", template_folder=templates_folder(), static_folder=static_folder(), static_url_path="/static")
    app.config.update(TRUSTED_HOSTS=[*LOOPBACK, *settings.web.hosts], MAX_CONTENT_LENGTH=256 * 1024)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    context.install(app, settings)
    texts.install(app)
    static_urls.install(app)
    htmx.install(app)
    headers.install(app)
    app.register_blueprint(health.make_blueprint())
    app.register_blueprint(transmission.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    app.context_processor(_page_values)
    errors.install(app, layout="staff/page.html")
    return app


def _page_values() -> dict[str, object]:
    settings = context.current_settings()
    return {
        "demo": settings.demo,
        "organisation": settings.organisation.name,
        "language": "fr",
        "direction": "ltr",
        "home_url": "/",
    }
