"""Nothing that was typed is found again by whoever comes next, nor by whoever takes the disk out of the terminal.

Each visit ends in its own way; then the same browser is walked through its history and started again with its former
pages, and every byte of its profile, of the temporary files, of the kiosk's log and of its instance is searched.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser.conftest import FLAGS, TERMINAL, chromium_path
from tests.browser.screens import FollowUpScreen, HomeScreen, ReportScreen
from tests.browser.test_follow_up import FollowedScreen
from tests.browser.test_next_person import everything_on, walk_the_history
from tests.browser.waiting import arrived
from tests.processes import Inbox, Kiosk
from tests.waiting import until
from tests.web.contractor import Answer

pytestmark = pytest.mark.whole_browser

MARKER = "Zorglub-6180"
TELEPHONE = "04 65 71 99 73"
SECRETS = (MARKER, TELEPHONE)
REMEMBERED = "Zorglub-7290"  # in a field of the tests' own, which the browser may remember
FIELDS = "#screen :is(textarea, input:is([type=text], [type=tel])):visible"


class Lobby:
    """A kiosk with a relay, and one browser with a profile on the disk, as a terminal has it."""

    def __init__(self, chromium: Browser, kiosk: Kiosk, inbox: Inbox, folder: Path) -> None:
        self.kiosk, self.inbox, self.folder = kiosk, inbox, folder
        self.profile = folder / "profile"
        self._type = chromium.browser_type
        if chromium.new_browser_cdp_session().send("Browser.getVersion")["product"].startswith("HeadlessChrome"):
            pytest.skip("a headless shell puts down nothing of a page: these tests want a whole Chromium")

    @contextmanager
    def browser(self, *arguments: str, keeps: bool = True, scripts: bool = True) -> Iterator[BrowserContext]:
        context = self._type.launch_persistent_context(
            self.profile,
            executable_path=chromium_path(),
            args=[*FLAGS, *arguments],
            ignore_default_args=["--disable-back-forward-cache"] if keeps else None,
            env={**os.environ, "TMPDIR": str(self.folder / "temporary")},
            base_url=f"http://127.0.0.1:{self.kiosk.public}",
            java_script_enabled=scripts,
            **TERMINAL,
        )
        yield context
        with suppress(Error):  # it may be dead by now
            context.close()

    def is_killed(self) -> None:
        """As by somebody who pulls the plug: the browser names its own process in its profile."""
        os.kill(int((self.profile / "SingletonLock").readlink().name.rpartition("-")[2]), signal.SIGKILL)

    def forgets(self) -> None:
        """Waits until the kiosk has erased what it sent."""

        def left() -> list[str]:
            return [name for name, _ in self.found_on_disk() if name.startswith("instance")]

        until(lambda: not left(), told=left)

    def puts_down(self, page: Page) -> None:
        """Waits until the browser has put down what it remembers of this page: also of a field that was filled last."""
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<input id=remembered>')")
        page.locator("#remembered").fill(REMEMBERED)
        until(lambda: self.found_on_disk(REMEMBERED), told=lambda: "the browser puts down nothing of a page")
        page.locator("#remembered").evaluate("field => field.remove()")

    def found_on_disk(self, *words: str) -> list[tuple[str, str]]:
        return [
            (str(path.relative_to(self.folder)), secret)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            for content in [path.read_bytes()]
            for secret in words or SECRETS
            if secret.encode() in content or secret.encode("utf-16-le") in content
        ]


@pytest.fixture
def lobby(chromium: Browser) -> Iterator[Lobby]:
    with a_lobby(chromium) as made:
        yield made


@contextmanager
def a_lobby(chromium: Browser) -> Iterator[Lobby]:
    # Not pytest's folder: a browser's socket lies among the temporary files, and its path may not be long.
    with tempfile.TemporaryDirectory(prefix="lobby-", ignore_cleanup_errors=True) as name, Inbox() as inbox:
        folder = Path(name)
        temporary = folder / "temporary"
        temporary.mkdir()
        environment = inbox.environment | {"TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
        with Kiosk(instance=folder / "instance", environment=environment) as kiosk:
            yield Lobby(chromium, kiosk, inbox, folder)


def fill_every_field(page: Page, lobby: Lobby) -> ReportScreen:
    report = HomeScreen.opened_on(page).chooses("lost_access")
    report.answers("means", "smart_card").answers("when", "at").opens_contact()
    page.locator("#pin_exposed").wait_for()
    fields = page.locator(FIELDS).all()
    assert len(fields) >= 6
    for field in fields:
        field.fill(TELEPHONE if field.get_attribute("type") == "tel" else MARKER)
    lobby.puts_down(page)
    return report


def send(page: Page, lobby: Lobby) -> None:
    fill_every_field(page, lobby).answers("when", "now").sends().finishes()
    lobby.inbox.wait_for(2)
    lobby.forgets()


def cancel(page: Page, lobby: Lobby) -> None:
    fill_every_field(page, lobby)
    page.get_by_role("link", name="Annuler").tap()
    page.locator(".tiles").wait_for()


def walk_away(page: Page, lobby: Lobby) -> None:
    page.clock.install()
    fill_every_field(page, lobby)
    page.clock.fast_forward(76_000)
    page.locator("[data-idle]").wait_for()
    page.clock.fast_forward(31_000)
    page.locator(".tiles").wait_for()


def look_for_a_report(page: Page, lobby: Lobby) -> None:
    HomeScreen.opened_on(page).looks_for_a_report()
    FollowUpScreen(page).asks_with(MARKER)
    page.locator("#summary").wait_for()
    lobby.puts_down(page)
    page.get_by_role("link", name="Retour").tap()
    page.locator(".tiles").wait_for()


def add_a_detail(page: Page, lobby: Lobby) -> None:
    """Typed and sent, and another typed and left there."""
    receipt = Answer(*lobby.kiosk.post("/fr/report/theft", {"description": "vu"}))
    screen = FollowedScreen.opened_with(page, receipt.follow_up_code).unfolds(0).types(MARKER)
    lobby.puts_down(page)
    screen.adds()
    screen.added.wait_for()
    screen.unfolds(0).types(MARKER)
    lobby.inbox.wait_for(4)
    page.get_by_role("link", name="Terminer").tap()
    page.locator(".tiles").wait_for()
    lobby.forgets()


def go_elsewhere(page: Page, lobby: Lobby) -> None:
    fill_every_field(page, lobby)
    page.goto("/fr/follow-up")


Ending = Callable[[Page, Lobby], None]


SOMETIMES = (cancel, look_for_a_report, add_a_detail, go_elsewhere)
ENDINGS = [
    *(pytest.param(ending, True, marks=pytest.mark.ci) for ending in (walk_away, send)),
    *(pytest.param(ending, True, marks=pytest.mark.long) for ending in SOMETIMES),
    *(pytest.param(ending, False, marks=pytest.mark.long) for ending in (send, walk_away, *SOMETIMES)),
]


@pytest.mark.parametrize(("ending", "keeps"), ENDINGS)
def test_whoever_comes_next_finds_nothing(ending: Ending, keeps: bool, lobby: Lobby) -> None:
    """In a browser that keeps former pages alive, as every terminal's does, and in one that does not."""
    with lobby.browser(keeps=keeps) as context:
        assert keeps_pages(context.new_page()) == keeps
        page = context.pages[0]
        ending(page, lobby)
        seen = everything_on(page) + walk_the_history(page)
        page.reload()
        seen += everything_on(page)
        assert not [secret for secret in SECRETS if secret in seen]
        assert lobby.found_on_disk() == []
    assert_gone_after_a_restart(lobby)


def kill_the_browser(page: Page, lobby: Lobby) -> None:
    lobby.is_killed()


def crash_the_page(page: Page, lobby: Lobby) -> None:
    with suppress(Error), page.expect_event("crash"):
        page.goto("chrome://crash")


@pytest.mark.parametrize(
    "death",
    [pytest.param(kill_the_browser, marks=pytest.mark.ci), pytest.param(crash_the_page, marks=pytest.mark.long)],
)
def test_a_browser_that_dies_while_somebody_types_leaves_nothing(death: Ending, lobby: Lobby) -> None:
    with lobby.browser():
        pass  # only a profile that was used before is restored after a crash
    with lobby.browser() as context:
        page = context.pages[0]
        fill_every_field(page, lobby)
        assert lobby.found_on_disk() == []
        death(page, lobby)
    assert_gone_after_a_restart(lobby)


def assert_gone_after_a_restart(lobby: Lobby) -> None:
    with lobby.browser("--restore-last-session", "--hide-crash-restore-bubble") as context:
        until(lambda: restored(context))
        seen = "".join(everything_on(page) + walk_the_history(page) for page in context.pages)
    assert not [secret for secret in SECRETS if secret in seen]
    assert lobby.found_on_disk() == []


def restored(context: BrowserContext) -> bool:
    """Whether the pages of before are there, and show something."""
    former = [page for page in context.pages if page.url != "about:blank" and page.title() is not None]
    for page in former:
        arrived(page)
    return bool(former) or bool(context.pages[0].evaluate("false"))


def keeps_pages(page: Page) -> bool:
    """Whether the browser brings a former page back alive, with its variables, when somebody goes back to it."""
    page.goto("/static/icon.svg")
    page.evaluate("window.alive = true")
    page.goto("/static/js/kiosk.js")
    page.go_back(wait_until="commit")
    alive = bool(page.evaluate("window.alive === true"))
    page.close()
    return alive
