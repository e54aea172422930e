"""Staff web application: pages, navigation and template filters."""

from flask import Flask, request

from kiosk.config import Settings
from kiosk.domain import roles
from kiosk.domain.telephones import telephone_numbers
from kiosk.mail.french import language_name, moment_words
from kiosk.mail.safe_text import caution, is_right_to_left, shown, unclickable
from kiosk.store.staff import sessions, unwritten
from kiosk.store.staff.sessions import Session
from kiosk.web.shared import error_pages
from kiosk.web.shared.app import make_app
from kiosk.web.shared.context import current_settings
from kiosk.web.staff import absences, demo_mailbox, error_texts, transmission
from kiosk.web.staff.access import one_time, permissions, second_factor, session, set_up, sign_in, unlock
from kiosk.web.staff.account import colleagues, first_password, open_sessions, own_account, own_factors
from kiosk.web.staff.breaches import breach_file, register
from kiosk.web.staff.lists import day_sheet, overview, search
from kiosk.web.staff.report import acts, export, holds, line_acts, line_page, on_behalf, report_page
from kiosk.web.staff.shared import words

PAGES = (
    *(sign_in, second_factor, set_up, first_password, unlock, one_time),
    *(own_account, own_factors, open_sessions, colleagues),
    *(
        overview,
        report_page,
        line_page,
        line_acts,
        breach_file,
        register,
        acts,
        holds,
        export,
        search,
        on_behalf,
        day_sheet,
        absences,
        transmission,
    ),
)
# Path, label and roles, in the order of the header.
NAVIGATION = (
    ("/", "Signalements", roles.READERS),
    ("/on-behalf", "Saisir", roles.ENTERERS),
    ("/day", "Journée", roles.READERS),
    ("/breaches", "Violations", roles.DECIDERS),
    ("/absences", "Absences", roles.ALL_ROLES),
    ("/transmission", "Transmission", roles.ALL_ROLES),
    ("/accounts", "Comptes", roles.CONFIRMERS),
)
MAILBOX = ("/demo/mailbox", "Boîte de démonstration")


def create(settings: Settings) -> Flask:
    app = make_app(settings, for_staff=True)
    permissions.install(app)
    for module in PAGES:
        app.register_blueprint(module.blueprint)
    if settings.demo:
        app.register_blueprint(demo_mailbox.blueprint)
    app.context_processor(_page_values)
    app.jinja_env.filters.update(telephone_numbers=telephone_numbers, right_to_left=is_right_to_left)
    app.jinja_env.filters.update(shown=shown, unclickable=unclickable, caution=caution)
    app.jinja_env.filters.update(
        moment=words.moment,
        at=words.at,
        waited=words.waited,
        left=words.left,
        day=words.day,
        on_paper=words.on_paper,
        in_full=moment_words,
        language_name=language_name,
    )
    error_pages.install(app, layout="staff/page.html", wording=error_texts.words, salvage=permissions.unsaved_page)
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
        "unwritten": unwritten.of_file(settings.database).count if signed else 0,
        "navigation": [*_navigation(signed), *([MAILBOX] if settings.demo else ())],
        "here": _here,
        "alive_every": int(sessions.touch_pause(session.idle()).total_seconds()),
    }


def _navigation(signed: Session | None) -> list[tuple[str, str]]:
    return [(path, label) for path, label, roles in NAVIGATION if signed and signed.member.role in roles]


def _here(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(f"{path}/"))
