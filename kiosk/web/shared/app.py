"""Flask application factory of both doors: folders, limits, protection of every response."""

from types import TracebackType

from flask import Flask, Request, request
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from kiosk.config import Settings
from kiosk.resources import static_folder, templates_folder
from kiosk.web.shared import context, headers, health, hosts, htmx, look, static_urls, texts

ExcInfo = tuple[type, BaseException, TracebackType] | tuple[None, None, None]

BODY_LIMIT = 256 * 1024  # bytes
PARTS_LIMIT = 500


class DoorApp(Flask):
    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Also for a Host that no host can have (``a..b``): hosts.py refuses it, and the error page needs URLs."""
        try:
            return super().create_url_adapter(request)
        except BadHost:
            return self.url_map.bind("localhost")

    def log_exception(self, exc_info: ExcInfo) -> None:
        """Flask's own line holds the path, which the client chose and which may be a one-time address."""
        self.logger.error("internal error in the view %s", request.endpoint, exc_info=exc_info)


def make_app(settings: Settings, *, for_staff: bool = False) -> Flask:
    """Without pages: only ``/ping``, ``/healthz`` and static files."""
    app = DoorApp("kiosk", template_folder=templates_folder(), static_folder=static_folder(), static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=PARTS_LIMIT,
        WTF_I18N_ENABLED=False,  # it reads its catalogue again for each form, for texts that are never shown
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
