"""Access control of the staff door. A view that declares no roles answers 403.

Put ``@for_roles(...)`` or ``@open_to_all`` below the route, and ``@takes(...)`` with the form below that. Check sites
with ``demand_site`` (one object) or ``member_sites`` (a list): other sites look as if they did not exist.
"""

import logging
from collections.abc import Callable
from typing import NoReturn, TypeVar

from flask import Flask, abort, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kiosk import clock
from kiosk.domain.roles import Actor, StaffRole
from kiosk.errors import NotConfirmed
from kiosk.store.staff import sessions, unwritten
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sessions import Session
from kiosk.web.shared import htmx
from kiosk.web.shared.context import current_settings, database, distrust_database
from kiosk.web.shared.origin import Origin, origin_of
from kiosk.web.shared.url_headers import parse_url
from kiosk.web.staff.access import expired_form, keyring, session, unlocked_keys
from kiosk.web.staff.access.routes import form_of, route_to

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

OPEN: frozenset[StaffRole] = frozenset()  # no sign-in needed
ROLES, KEEPS = "kiosk_roles", "kiosk_keeps"
# Static files and health figures: no session is looked up.
FOR_MACHINES = ("static", "health.")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def for_roles(*roles: StaffRole, keeps: bool = True) -> Callable[[View], View]:
    """``keeps``: an expired form offers what was typed again. False for passwords."""
    if not roles:
        raise ValueError("name the roles, or @open_to_all")

    def declare(view: View) -> View:
        setattr(view, ROLES, frozenset(roles))
        setattr(view, KEEPS, keeps)
        return view

    return declare


def open_to_all(view: View) -> View:
    setattr(view, ROLES, OPEN)
    return view


def roles_of(app: Flask, endpoint: str) -> frozenset[StaffRole] | None:
    """None if the view declares none."""
    declared: frozenset[StaffRole] | None = getattr(app.view_functions[endpoint], ROLES, None)
    return OPEN if endpoint.startswith(FOR_MACHINES) else declared


def current_member() -> Member:
    """Only for views with roles."""
    signed = session.signed()
    if signed is None:
        abort(401)
    return signed.member


def acting() -> Actor:
    member = current_member()
    return Actor(member.name, member.display_name, member.role)


def may_see(site: str) -> bool:
    return current_member().serves(site)


def member_sites() -> tuple[str, ...] | None:
    """None for all sites."""
    return current_member().sites or None


def demand_site(site: str | None) -> None:
    """404 alike for a missing object (None) and for a site that the member does not serve."""
    if site is None:
        abort(404)
    if not may_see(site):
        refuse(404)


def refuse(status: int) -> NoReturn:
    """Log the refused access, without address and name, then abort."""
    member = current_member()
    log.warning("refused to account %d (%s): %s (%d)", member.id, member.role, request.endpoint, status)
    abort(status)


def install(app: Flask) -> None:
    session.install(app)
    unlocked_keys.install(app)
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint and request.endpoint.startswith(FOR_MACHINES):
        return None
    if _came_past_the_proxy():
        abort(403)
    changes = request.method not in SAFE_METHODS
    if changes and origin_of(request.headers, request.host) is Origin.FOREIGN:
        abort(403)
    signed = session.resolve()
    if request.endpoint is None:
        return None  # no such page: Flask answers
    roles = roles_of(current_app, request.endpoint)
    if roles is None:
        log.error("the view %s declares no roles: refused", request.endpoint)
        abort(403)
    if roles is OPEN:
        return None
    return _judge(signed, roles) if signed else _ask_to_sign_in(changes)


def _came_past_the_proxy() -> bool:
    """Plain HTTP although a proxy must provide HTTPS: no password may be typed here."""
    settings = current_settings()
    return bool(settings.staff.tls and settings.web.proxy and not request.is_secure)


def _judge(signed: Session, roles: frozenset[StaffRole]) -> ResponseReturnValue | None:
    if signed.member.role not in roles:
        refuse(403)
    if request.method not in SAFE_METHODS and not (session.carries_token() and is_ours()):
        if not (is_our_form(request.path) and is_ours()):
            refuse(403)
        return expired_form.confirmation(expired_form.from_request(), 403)
    # Polling by an open page does not count as use.
    if not (htmx.wants_fragment() and request.method in SAFE_METHODS):
        _note_use(signed)
    return None


def _note_use(signed: Session) -> None:
    """If the commit fails (disk full), the console stays readable until the session ends."""
    try:
        unwritten.of(database()).write(database(), clock.now())
        sessions.touch(database(), signed, clock.now(), session.idle())
        keyring.use()
    except NotConfirmed:
        log.exception("the use of a session could not be noted")
        distrust_database()


def is_ours() -> bool:
    """True if a page of this door sent the request. Another port is another origin."""
    return origin_of(request.headers, request.host) is Origin.OURS


def _ask_to_sign_in(changes: bool) -> ResponseReturnValue:
    if changes and is_our_form(request.path) and is_ours():
        return expired_form.sign_in_first(expired_form.from_request())
    if htmx.wants_fragment():
        page = parse_url(request.headers.get("HX-Current-URL")).path
        return make_response("", 401, {"HX-Redirect": _sign_in_url(page, over="yes")})
    answer: ResponseReturnValue = redirect(_sign_in_url("/" if changes else request.path), 303)
    return answer


def unsaved_page(status: int) -> str | None:
    """After a failure of the database: what a member typed, to be sent again."""
    if status != 503 or request.method in SAFE_METHODS or not (is_our_form(request.path) and is_ours()):
        return None
    return expired_form.unsaved(expired_form.from_request())


def _sign_in_url(page: str, over: str | None = None) -> str:
    """``over``: the session ended on an open page."""
    wanted = our_address(page)
    return url_for("sign_in.form", next=wanted if wanted != "/" else None, over=over)


def our_address(path: str) -> str:
    """``path`` if it is a page of this door that needs sign-in, else ``/``: no open redirect.

    A path with a line break would match a page, but cannot be sent in a header.
    """
    route = route_to(path, "GET") if path.isprintable() else None
    return path if route and roles_of(current_app, route.endpoint) else "/"


def is_our_form(path: str) -> bool:
    """True if an expired form for this path may be sent again after sign-in."""
    route = route_to(path, "POST")
    return bool(route and getattr(current_app.view_functions[route.endpoint], KEEPS, False) and form_of(route))
