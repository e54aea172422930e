"""The ways to the second step of the sign-in, to its set-up and to the list of who is signed in."""

import secrets
from collections.abc import Iterator

import pyotp

from kiosk.domain.second_factor import SECRET_BYTES
from kiosk.store.staff import second_factors
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.passwords import hashed
from kiosk.store.staff.sign_in_throttle import lane
from tests.browser.authenticator import Authenticator
from tests.browser.states_staff import fail_often
from tests.browser.visit import Visit
from tests.staff import a_member, a_session

PASSWORD = "quatre mots bien choisis"


def own_factors(visit: Visit) -> Iterator[str]:
    visit.signs_in(password=PASSWORD)
    visit.goes("/account/second-factor")
    yield "second factors, none"
    changes(visit, "Ajouter une application", "un autre mot de passe")
    visit.sees("[role=alert]")
    yield "second factors, refused"
    changes(visit, "Ajouter une application")
    visit.sees("[data-secret]")
    yield "second factor, set up"
    shown = visit.page.locator("[data-secret]").inner_text()
    gives(visit, "12345")
    visit.sees("[role=alert]")
    yield "second factor, set up, refused"
    gives(visit, pyotp.TOTP(shown.replace(" ", "")).at(visit.moment()))
    visit.sees(".recovery-codes")
    yield "recovery codes"
    visit.taps("C'est noté, continuer")
    visit.sees(".sessions")
    yield "second factors, an app"
    changes(visit, "Retirer")
    visit.sees("#factors")


def at_the_sign_in(visit: Visit) -> Iterator[str]:
    """Of a role that must have one; by name, where passkeys are offered."""
    authenticator, member = Authenticator(visit.page), newcomer(visit, "dpo")
    enters(visit, member)
    visit.sees("[data-passkey]")
    yield "second factor, set up at the sign-in"
    visit.presses("[data-passkey] button")
    visit.sees(".recovery-codes")
    visit.taps("C'est noté, continuer")
    visit.sees(".who")
    enters(visit, member)
    visit.sees("[data-passkey]")
    yield "second factor, a passkey"
    visit.presses("[data-passkey] button")
    visit.sees(".who")
    enters(visit, member)
    authenticator.forget()
    visit.presses("[data-passkey] button")
    visit.sees("[data-passkey-failed]")
    yield "second factor, no passkey"


def with_a_code(visit: Visit) -> Iterator[str]:
    member, db = newcomer(visit, "manager"), visit.world.db
    secret = secrets.token_bytes(SECRET_BYTES)
    second_factors.add_app(db, visit.world.settings.secrets, member, secret, 0, visit.moment(), only_first=True)
    enters(visit, member, door="staff")
    visit.presses(".access-help summary")
    yield "second factor, a code"
    gives(visit, "000000x")
    visit.sees("[role=alert]")
    yield "second factor, refused"
    fail_often(visit, lane("factor", member.name))
    gives(visit, "000000x")
    visit.sees("[data-wait]")
    yield "second factor, wait"


def open_sessions(visit: Visit) -> Iterator[str]:
    visit.world.end_sessions()
    visit.signs_in("mssi")
    a_session(visit.world.db, a_member(visit.world.db, "deputy"))
    visit.page.clock.install()
    visit.goes("/sessions")
    yield "sessions"
    visit.page.locator("h1").click()
    with visit.page.expect_response("**/sessions/alive"):
        visit.waits(60)
    visit.taps("Terminer")
    visit.sees(".this-one")


def newcomer(visit: Visit, role: str) -> Member:
    name = f"somebody-{secrets.token_hex(4)}"
    return a_member(visit.world.db, role, name=name, password_hash=hashed(PASSWORD))


def enters(visit: Visit, member: Member, door: str = "staff by name") -> None:
    visit.page.context.clear_cookies()
    visit.goes("/sign-in", door=door)
    visit.page.locator("#name").fill(member.name)
    visit.page.locator("#password").fill(PASSWORD)
    visit.follows("main form .send")


def changes(visit: Visit, button: str, password: str = PASSWORD) -> None:
    visit.page.locator("#current").fill(password)
    visit.taps(button)


def gives(visit: Visit, code: str) -> None:
    visit.page.locator("#code").fill(code)
    visit.presses("main form .send")
