"""Session cookie and CSRF token.

SameSite=Lax, not Strict, so that a link in a mail opens signed in. No GET changes data; every change needs the CSRF
token and our own origin.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

from flask import Flask, Response, g, request

from kiosk import clock
from kiosk.store.staff import known_browsers, sessions
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sessions import NewSession, Session, digest
from kiosk.store.staff.sign_in_throttle import Bucket
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import unlocked_keys

CSRF_FIELD, CSRF_HEADER = "csrf", "X-Kiosk-Csrf"
SESSION, DEVICE, PROOF = "kiosk", "kiosk-device", "kiosk-step"
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "Mac OS X": "macOS", "Linux": "Linux"}


def install(app: Flask) -> None:
    app.after_request(_send_cookies)
    app.jinja_env.globals["csrf_token"] = csrf_token


def resolve() -> Session | None:
    """Read the cookie once per request; afterwards use ``signed``."""
    g.session_key = request.cookies.get(cookie_name(SESSION), "")
    g.signed = None
    if g.session_key:
        g.signed = sessions.find(database(), digest(g.session_key), clock.now(), idle())
        if g.signed is None:
            unlocked_keys.of_app().forget(digest(g.session_key))
    return signed()


def signed() -> Session | None:
    found: Session | None = g.get("signed")
    return found


def begin(
    member: Member,
    password_hash: str,
    forgiven: tuple[Bucket, ...] = (),
    *,
    proof: bytes | None = None,
    factor: str = "",
) -> bool:
    """Always a new id. False if the password was changed or the account disabled meanwhile.

    ``proof``, ``factor``: of a sign-in in two steps.
    """
    key, device = secrets.token_urlsafe(32), known_device(member.name) or secrets.token_urlsafe(32)
    new = replace(_new_session(key, device), proof=proof, factor=factor)
    now = clock.now()
    if not sessions.begin(database(), member, new, now, password_hash=password_hash, forgiven=forgiven):
        return False
    if new.replaces:
        unlocked_keys.of_app().forget(new.replaces)
    g.session_key = key
    send_cookies({SESSION: key, DEVICE: device})
    g.signed = sessions.find(database(), new.digest, now, idle())
    alive = {one.id for one in sessions.of_member(database(), member, now, idle())}
    unlocked_keys.of_app().forget_other_sessions(member.id, alive)
    return True


def _new_session(key: str, device: str) -> NewSession:
    return NewSession(
        digest=digest(key),
        device=digest(device),
        replaces=digest(g.session_key) if g.get("session_key") else None,
        address=network(request.remote_addr or "", v4=24, v6=48),  # enough to recognise one's own session
        agent=agent_label(request.headers.get("User-Agent", "")),
    )


def end() -> None:
    """End the session in memory, in the database and in the browser."""
    if session := signed():
        unlocked_keys.of_app().forget(digest(g.session_key))
        sessions.end(database(), session, clock.now())
    g.signed, g.session_key = None, ""
    send_cookies({SESSION: ""})


def known_device(name: str) -> str | None:
    """Cookie of a browser that the account has used before."""
    held = request.cookies.get(cookie_name(DEVICE), "")
    known = held and known_browsers.knows(database(), name, digest(held), clock.now())
    return held if known else None


def csrf_token() -> str:
    """HMAC of the session id, so nothing is stored; empty without a session."""
    key: str = g.get("session_key", "") if signed() else ""
    return hmac.new(key.encode(), b"csrf", hashlib.sha256).hexdigest() if key else ""


def carries_token() -> bool:
    given = request.form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER, "")
    return bool(csrf_token()) and hmac.compare_digest(given.encode("utf-8", "replace"), csrf_token().encode())


def idle() -> timedelta:
    return timedelta(seconds=current_settings().staff.idle)


def cookie_name(name: str) -> str:
    """``__Host-`` makes browsers refuse the cookie from another host or path, or without TLS."""
    return f"__Host-{name}" if current_settings().staff.tls else name


def network(address: str, *, v4: int, v6: int) -> str:
    """Network of ``v4`` or ``v6`` bits around an address; empty for an invalid address."""
    try:
        given = ip_address(address)
        plain = getattr(given, "ipv4_mapped", None) or given  # a door on [::] sees IPv4 as ::ffff:10.0.0.7
        return str(ip_network(f"{plain}/{v4 if plain.version == 4 else v6}", strict=False))
    except ValueError:
        return ""


def agent_label(agent: str) -> str:
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "Navigateur inconnu")
    system = next((name for mark, name in SYSTEMS.items() if re.search(rf"\b{mark}\b", agent)), "")
    return f"{browser} sur {system}" if system else browser


def send_cookies(cookies: dict[str, str]) -> None:
    """With this answer; an empty value deletes the cookie."""
    g.new_cookies = {**g.get("new_cookies", {}), **cookies}


def _send_cookies(response: Response) -> Response:
    for name, value in g.pop("new_cookies", {}).items():
        lasts = known_browsers.LIFETIME if name == DEVICE else None
        response.set_cookie(
            cookie_name(name),
            value,
            max_age=lasts if value else 0,
            path="/",
            secure=current_settings().staff.tls,
            httponly=True,
            samesite="Lax",
        )
    return response
