"""The staff's door: who may come in, what waits, what is wrong, and the demonstration's mailbox."""

from flask import Flask, request

from kiosk.config import Settings
from kiosk.web import errors
from kiosk.web.app import make_app
from kiosk.web.context import current_settings
from kiosk.web.staff import access, account, demo, first_password, session, sign_in, transmission, trouble

# Address and label, in the order of the header; each shows whoever is signed in.
NAVIGATION = (("/transmission", "Transmission"),)
MAILBOX = ("/demo/mailbox", "Boîte de démonstration")


def create(settings: Settings) -> Flask:
    app = make_app(settings, for_staff=True)
    access.install(app)
    for module in (sign_in, first_password, account, transmission):
        app.register_blueprint(module.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    app.context_processor(_page_values)
    errors.install(app, layout="staff/page.html", wording=trouble.words)
    return app


def _page_values() -> dict[str, object]:
    settings, signed = current_settings(), session.signed()
    return {
        "demo": settings.demo,
        "organisation": settings.organisation.name,
        "language": "fr",
        "direction": "ltr",
        "home_url": "/",
        "me": signed.member if signed else None,
        "navigation": [*(NAVIGATION if signed else ()), *([MAILBOX] if settings.demo else ())],
        "here": _here,
    }


def _here(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(f"{path}/"))
