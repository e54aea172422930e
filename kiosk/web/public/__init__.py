"""Public door: the Flask application for contractors.

No account, no cookie, no session: nothing may refuse an honest report.
"""

from flask import Flask

from kiosk.config import Settings
from kiosk.web.public import (
    follow_up,
    followed,
    home,
    keyboards,
    moments,
    one_time,
    page,
    page_cache,
    readiness,
    receipt,
    report,
    transmission_line,
)
from kiosk.web.public import help as help_pages
from kiosk.web.public.language import LanguageConverter
from kiosk.web.shared import error_pages
from kiosk.web.shared.app import make_app


def create(settings: Settings) -> Flask:
    app = make_app(settings)
    app.url_map.converters["language"] = LanguageConverter
    page.install(app)
    page_cache.install(app)
    readiness.install(app)
    keyboards.install(app, settings)
    help_pages.install(app)
    moments.install(app)
    receipt.install(app)
    transmission_line.install(app)
    followed.install(app)
    for blueprint in (home.blueprint, report.blueprint, follow_up.blueprint, one_time.blueprint, help_pages.blueprint):
        app.register_blueprint(blueprint)
    one_time.install(app)
    error_pages.install(app, layout="public/page.html", telephones=page.telephones, salvage=_unsaved_page)
    return app


def _unsaved_page(status: int) -> str | None:
    return report.unsaved_page(status) or follow_up.unsaved_page(status)
