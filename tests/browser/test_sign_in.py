"""Staff come in by a one-time link, find nothing lost, and leave nothing open."""

import http.server
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from kiosk import clock
from kiosk.commands.staff import FIRST, add_member
from kiosk.config import Settings
from kiosk.store.base.connection import Database, open_database
from kiosk.store.staff import passwords
from kiosk.store.staff.sign_in_throttle import give_back, lane, stranger, take_turn
from tests.browser.conftest import DESK, Browse
from tests.browser.judge import objections, sideways
from tests.processes import Kiosk
from tests.staff import a_member

pytestmark = pytest.mark.whole_browser

PASSWORD = "quatre mots bien choisis"
HERE = lane("address", "127.0.0.1/32")
LOOKS: list[dict[str, Any]] = [
    DESK,
    {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def shared_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """One of our own: its first account has not chosen a password yet."""
    instance: Path = tmp_path_factory.mktemp("sign-in") / "instance"
    with Kiosk("--demo", instance=instance) as kiosk:
        yield kiosk


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.locator("main .send").click()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    fill(page, name="responsable", password=password)


def link_of(kiosk: Kiosk) -> str:
    """As `kiosk staff add` prints it; a start that no terminal shows prints none."""
    assert "first-password" not in kiosk.log
    with open_database(kiosk.database) as db:
        link = add_member(db, Settings(instance=kiosk.served), FIRST, clock.now())
    return "/first-password/" + link.rpartition("/")[2]


def keeps_nobody_out(page: Page) -> None:
    assert objections(page) == []
    assert sideways(page) <= 0


def guess_in_vain(kiosk: Kiosk, name: str) -> None:
    """Until half a minute has to be waited from now on."""
    moment = clock.now() - timedelta(seconds=31)
    with open_database(kiosk.database) as db:
        give_back(db, [HERE])  # what other tests guessed from this address would make it wait too
        for one in [HERE] * 3 + [stranger(name, "127.0.0.1/32")[0]] * 8:
            while wait := take_turn(db, [one], moment):
                moment += timedelta(seconds=wait)


@pytest.fixture(params=LOOKS, ids=["desk", "telephone"])
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    chosen: dict[str, Any] = request.param
    return chosen


def test_from_the_first_link_to_the_last_press(browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]) -> None:
    page = browse(kiosk, door="staff", **DESK)
    provoked()
    link = link_of(kiosk)
    page.goto(link)
    keeps_nobody_out(page)
    fill(page, password="court", password_again="court")
    expect(page.get_by_role("alert")).to_contain_text("au moins 12 caractères")
    keeps_nobody_out(page)
    fill(page, password=PASSWORD, password_again=PASSWORD)
    expect(page.get_by_role("link", name="Mon compte")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="Ce lien ne sert plus")).to_be_visible()
    keeps_nobody_out(page)
    page.goto("/account")
    cookies = page.context.cookies()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    page.context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/account$"))
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/account$"))


def test_no_screen_of_the_sign_in_keeps_anybody_out(
    browse: Browse, kiosk: Kiosk, provoked: Callable[[], None], look: dict[str, Any]
) -> None:
    page = browse(kiosk, door="staff", **look)
    provoked()
    page.goto("/sign-in")
    keeps_nobody_out(page)
    fill(page, name="nobody", password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("Nom ou mot de passe incorrect.")
    keeps_nobody_out(page)
    name = f"somebody-{secrets.token_hex(4)}"
    guess_in_vain(kiosk, name)
    fill(page, name=name, password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("réessayez dans")
    keeps_nobody_out(page)
    page.locator("summary").click()
    keeps_nobody_out(page)


def test_ones_account_fits_a_desk_and_a_telephone(
    console: Browse, kiosk: Kiosk, look: dict[str, Any], provoked: Callable[[], None]
) -> None:
    page = console(kiosk, **look)
    provoked()
    page.goto("/account")
    page.get_by_role("button", name="Afficher le mot de passe").first.click()
    keeps_nobody_out(page)
    fill(page, current="wrong", password=PASSWORD, password_again=PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible()
    keeps_nobody_out(page)


def test_a_shown_password_is_hidden_again_before_it_is_sent(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, door="staff", **DESK)
    page.goto("/sign-in")
    page.locator("#password").fill("x")
    page.get_by_role("button", name="Afficher").click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Masquer").click()
    expect(page.locator("#password")).to_have_attribute("type", "password")


def test_without_scripts_the_door_opens_too(browse: Browse, own_kiosk: Kiosk) -> None:
    page = browse(own_kiosk, door="staff", java_script_enabled=False)
    page.goto(link_of(own_kiosk))
    fill(page, password=PASSWORD, password_again=PASSWORD)
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


def test_a_session_that_ends_while_somebody_writes_loses_no_word(
    console: Browse, kiosk: Kiosk, look: dict[str, Any], provoked: Callable[[], None]
) -> None:
    """The page asks for itself every few seconds and is told to sign in: it stays, because something is typed."""
    kiosk.post("/fr/report/theft", {"description": "Un portable a disparu"})
    name = f"anna-{secrets.token_hex(4)}"
    page = console(kiosk, **look)
    provoked()
    with open_database(kiosk.database) as db:
        reference = db.execute("SELECT reference FROM reports").fetchone()[0]
        a_member(db, name=name, password_hash=passwords.hashed(PASSWORD))
        page.goto(f"/reports/{reference}")
        page.locator("#note").fill("Vu avec le gardien :\n« porte bloquée »")
        with page.expect_response(lambda answer: answer.status == 401):
            end_sessions(db)
    expect(page.locator("#note")).to_have_value("Vu avec le gardien :\n« porte bloquée »")
    expect(page.get_by_text("Votre session est terminée.")).to_be_in_viewport()
    page.get_by_role("button", name="Enregistrer la note").click()
    expect(page.get_by_text("Ce que vous avez écrit n'est pas perdu.")).to_be_visible()
    keeps_nobody_out(page)
    fill(page, name=name, password=PASSWORD)
    expect(page.get_by_text("Rien n'est encore enregistré.")).to_be_visible()
    keeps_nobody_out(page)
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page).to_have_url(re.compile(f"/reports/{reference}"))
    expect(page.get_by_text("« porte bloquée »").first).to_be_visible()


def test_a_page_that_nobody_writes_on_leads_to_the_sign_in_when_the_session_ends(
    console: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page = console(kiosk)
    provoked()
    page.goto("/transmission")
    with open_database(kiosk.database) as db:
        end_sessions(db)
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    expect(page).to_have_url(re.compile(r"next=/transmission&over=yes$"))
    expect(page.get_by_text("cette page n'annonce aucun signalement et ne sonne pas")).to_be_visible()
    expect(page).to_have_title(re.compile("⚠ Session terminée"))


def end_sessions(db: Database) -> None:
    db.execute("DELETE FROM staff_sessions")
    db.conn.commit()


@pytest.fixture
def webmail(kiosk: Kiosk) -> Iterator[str]:
    """A page of another site with a link to the console, as a manager's web mail shows it."""

    class Mail(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="http://127.0.0.1:{kiosk.staff}/account">Ouvrir</a>'.encode())

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_a_link_in_a_mail_arrives_signed_in(console: Browse, kiosk: Kiosk, webmail: str) -> None:
    context: BrowserContext = console(kiosk).context
    page = context.new_page()
    page.goto(webmail)
    page.get_by_role("link", name="Ouvrir").click()
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
