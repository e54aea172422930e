"""The second step as people take it: a passkey that signs, an app's code without scripts, a page in use that stays."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pyotp
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from kiosk import clock
from kiosk.domain.second_factor import SECRET_BYTES, as_text
from kiosk.store.base.connection import open_database
from kiosk.store.staff import second_factors
from kiosk.store.staff.passwords import hashed
from tests.browser.authenticator import Authenticator
from tests.browser.conftest import DESK, Browse, Watch
from tests.browser.test_receipt import read
from tests.processes import Kiosk
from tests.staff import a_member

PASSWORD = "quatre mots bien choisis"
ALIVE = "**/sessions/alive"


@pytest.fixture(scope="module")
def shared_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """One whose DPO must have a second factor."""
    instance: Path = tmp_path_factory.mktemp("second-factor") / "instance"
    with Kiosk("--demo", instance=instance, environment={"KIOSK_STAFF__SECOND_FACTOR": "dpo"}) as kiosk:
        yield kiosk


@pytest.fixture
def by_name(chromium: Browser, kiosk: Kiosk) -> Iterator[Page]:
    """At localhost: no browser offers passkeys at an address."""
    origin = f"http://localhost:{kiosk.staff}"
    context = chromium.new_context(base_url=origin, **DESK)
    page = context.new_page()
    watch = Watch(page, origin)
    watch.provoked = True
    yield page
    watch.check()
    context.close()


def newcomer(kiosk: Kiosk, role: str = "dpo", *, secret: bytes = b"") -> str:
    name = f"somebody-{secrets.token_hex(4)}"
    with open_database(kiosk.database) as db:
        member = a_member(db, role, name=name, password_hash=hashed(PASSWORD))
        if secret:
            folder = kiosk.served / "secrets"
            second_factors.add_app(db, folder, member, secret, 0, clock.now(), only_first=True)
    return name


def enter(page: Page, name: str) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.locator("h1")).to_contain_text("deuxième étape", ignore_case=True)


def is_in(page: Page) -> bool:
    return page.request.get("/account", max_redirects=0).status == 200


def test_a_passkey_is_added_and_enters_and_its_answer_is_worth_nothing_afterwards(by_name: Page, kiosk: Kiosk) -> None:
    page, name, sent = by_name, newcomer(kiosk), list[str]()
    page.on("request", lambda request: sent.extend(answers(request)))
    authenticator = Authenticator(page)
    enter(page, name)
    assert not is_in(page)
    page.get_by_role("button", name="Ajouter une clé d'accès").click()
    expect(page.locator(".recovery-codes li")).to_have_count(8)
    assert [found["rpId"] for found in authenticator.credentials()] == ["localhost"]
    enter(page, name)
    assert not is_in(page)
    page.get_by_role("button", name="Utiliser ma clé d'accès").click()
    expect(page.get_by_role("link", name="Mon compte")).to_be_visible()
    assert is_in(page)
    enter(page, name)
    for answer in (sent[-1], sent[0]):
        page.evaluate(
            "answer => { const form = document.querySelector('[data-passkey]');"
            " form.elements.answer.value = answer; form.submit(); }",
            answer,
        )
        expect(page.get_by_role("alert").first).to_contain_text("Ce n'est pas le bon code")
        assert not is_in(page)


def answers(request: Request) -> list[str]:
    return parse_qs(request.post_data or "").get("answer", []) if request.method == "POST" else []


def test_a_passkey_of_somebody_else_does_not_enter(by_name: Page, kiosk: Kiosk) -> None:
    page, anna, bruno = by_name, newcomer(kiosk), newcomer(kiosk)
    authenticator = Authenticator(page)
    enter(page, anna)
    page.get_by_role("button", name="Ajouter une clé d'accès").click()
    expect(page.locator(".recovery-codes li")).to_have_count(8)
    annas = authenticator.credentials()
    authenticator.forget()
    enter(page, bruno)
    page.get_by_role("button", name="Ajouter une clé d'accès").click()
    expect(page.locator(".recovery-codes li")).to_have_count(8)
    enter(page, anna)
    assert annas != authenticator.credentials()
    page.get_by_role("button", name="Utiliser ma clé d'accès").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert not is_in(page)


def test_without_scripts_an_app_is_read_from_the_screen_and_its_code_enters(
    browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page, name = browse(kiosk, door="staff", java_script_enabled=False), newcomer(kiosk)
    provoked()
    enter(page, name)
    expect(page.locator("[data-passkey]")).to_have_count(0)
    picture = read(page.locator(".qr svg"), browse(kiosk))
    app = pyotp.parse_uri(picture.text)
    assert isinstance(app, pyotp.TOTP)
    assert app.secret == page.locator("[data-secret]").inner_text().replace(" ", "")
    page.locator("#code").fill(app.at(clock.now()))
    page.get_by_role("button", name="Ajouter l'application").click()
    page.get_by_role("button", name="C'est noté, continuer").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    enter(page, name)
    page.locator("#code").fill(app.at(clock.now() + timedelta(seconds=30)))
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


def test_a_form_that_came_too_late_comes_back_after_both_steps(
    browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    kiosk.post("/fr/report/theft", {"description": "Un portable a disparu"})
    secret = secrets.token_bytes(SECRET_BYTES)
    page, name = browse(kiosk, door="staff", **DESK), newcomer(kiosk, "manager", secret=secret)
    provoked()
    with open_database(kiosk.database) as db:
        reference = db.execute("SELECT reference FROM reports").fetchone()[0]
    enter(page, name)
    page.locator("#code").fill(pyotp.TOTP(as_text(secret)).at(clock.now()))
    page.get_by_role("button", name="Entrer").click()
    page.goto(f"/reports/{reference}")
    page.locator("#note").fill("Vu avec le gardien")
    page.context.clear_cookies()
    page.get_by_role("button", name="Enregistrer la note").click()
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.locator("#code").fill("wrong")
    page.get_by_role("button", name="Entrer").click()
    page.locator("#code").fill(pyotp.TOTP(as_text(secret)).at(clock.now() + timedelta(seconds=30)))
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_text("Rien n'est encore enregistré.")).to_be_visible()
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_text("Vu avec le gardien").first).to_be_visible()


@pytest.mark.parametrize("sign", ["a key", "a press"])
def test_a_page_on_which_somebody_works_says_so(console: Browse, kiosk: Kiosk, sign: str) -> None:
    page = console(kiosk)
    page.clock.install()
    page.goto("/account")
    for _ in range(2):
        if sign == "a key":
            page.locator("#current").press("x")
        else:
            page.locator("h1").click()
        with page.expect_request(ALIVE) as told:
            page.clock.run_for(60_000)
        answer = told.value.response()
        assert answer is not None
        assert answer.status == 204


def test_a_page_that_nobody_touches_keeps_no_session(console: Browse, kiosk: Kiosk) -> None:
    """Nor does one whose scripts alone press and type."""
    page, told = console(kiosk), list[str]()
    page.on("request", lambda request: told.append(request.url))
    page.clock.install()
    page.goto("/transmission")
    with page.expect_response("**/transmission"):
        page.clock.run_for(10_000)
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'x' }))")
    page.evaluate("document.querySelector('h1').click()")
    page.clock.run_for(600_000)
    assert not [url for url in told if url.endswith("/alive")]
