"""The contractor's door: no account, no cookie, no session, nothing that could refuse an honest report."""

from flask import Flask

from kiosk.config import Settings
from kiosk.web import context, errors, headers, health, htmx, static_urls, texts
from kiosk.web.public import follow_up, home, page, report
from kiosk.web.public.language import LanguageConverter
from kiosk.web.resources import static_folder, templates_folder

BODY_LIMIT = 256 * 1024  # bytes
PARTS_LIMIT = 500
LOOPBACK = ("localhost", "127.0.0.1")  # Werkzeug cannot trust an IPv6 name


def create(settings: Settings) -> Flask:
    app = Flask("kiosk", template_folder=templates_folder(), static_folder=static_folder(), static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=PARTS_LIMIT,
        TRUSTED_HOSTS=[*LOOPBACK, *settings.web.hosts],
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters["language"] = LanguageConverter
    context.install(app, settings)
    texts.install(app)
    static_urls.install(app)
    htmx.install(app)
    headers.install(app)
    page.install(app)
    for blueprint in (home.blueprint, report.blueprint, follow_up.blueprint, health.make_blueprint()):
        app.register_blueprint(blueprint)
    errors.install(app, layout="public/page.html", telephones=page.telephones, salvage=report.unsaved_page)
    return app
