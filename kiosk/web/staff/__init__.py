"""The staff's door: who may come in, what waits, what is wrong, and the demonstration's mailbox."""

from flask import Flask, request

from kiosk.config import Settings
from kiosk.mail.letters import is_right_to_left, shown
from kiosk.mail.templates import dialled
from kiosk.store.staff_sessions import Session
from kiosk.web import errors
from kiosk.web.app import make_app
from kiosk.web.context import current_settings
from kiosk.web.staff import (
    absences,
    access,
    account,
    acts,
    breach,
    console,
    day_sheet,
    demo,
    export,
    first_password,
    holds,
    on_behalf,
    register,
    report,
    search,
    session,
    sign_in,
    transmission,
    trouble,
    unlock,
)

PAGES = (
    *(sign_in, first_password, unlock, account),
    *(console, report, breach, register, acts, holds, export, search, on_behalf, day_sheet, absences, transmission),
)
# Address, label and who may open it, in the order of the header.
NAVIGATION = (
    ("/", "Signalements", console.READERS),
    ("/on-behalf", "Saisir", on_behalf.ENTERERS),
    ("/day", "Journée", console.READERS),
    ("/breaches", "Violations", console.DECIDERS),
    ("/absences", "Absences", access.ALL_ROLES),
    ("/transmission", "Transmission", access.ALL_ROLES),
)
MAILBOX = ("/demo/mailbox", "Boîte de démonstration")


def create(settings: Settings) -> Flask:
    app = make_app(settings, for_staff=True)
    access.install(app)
    for module in PAGES:
        app.register_blueprint(module.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    app.context_processor(_page_values)
    app.jinja_env.filters.update(dialled=dialled, shown=shown, right_to_left=is_right_to_left)
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
        "home_words": "Revenir à la console",
        "me": signed.member if signed else None,
        "navigation": [*_navigation(signed), *([MAILBOX] if settings.demo else ())],
        "here": _here,
    }


def _navigation(signed: Session | None) -> list[tuple[str, str]]:
    return [(path, label) for path, label, roles in NAVIGATION if signed and signed.member.role in roles]


def _here(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(f"{path}/"))
