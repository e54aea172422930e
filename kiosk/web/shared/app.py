"""Flask application factory of both doors: folders, limits, protection of every response."""

from flask import Flask

from kiosk.config import Settings
from kiosk.resources import static_folder, templates_folder
from kiosk.web.shared import context, headers, health, hosts, htmx, look, static_urls, texts

BODY_LIMIT = 256 * 1024  # bytes
PARTS_LIMIT = 500


def make_app(settings: Settings, *, for_staff: bool = False) -> Flask:
    """Without pages: only ``/ping``, ``/healthz`` and static files."""
    app = Flask("kiosk", template_folder=templates_folder(), static_folder=static_folder(), static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=PARTS_LIMIT,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    hosts.install(app, settings.web.hosts)
    context.install(app, settings)
    texts.install(app)
    static_urls.install(app)
    look.install(app, settings)
    htmx.install(app)
    headers.install(app)
    app.register_blueprint(health.make_blueprint(for_staff=for_staff))
    return app
