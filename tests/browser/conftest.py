"""A real Chromium before a real kiosk. Whatever a page may not do fails the test that made it do so.

Two browsers: Debian's headless shell draws the same pages with half the processor time; the whole browser has a
profile, gestures and kept pages, and runs the tests marked ``whole_browser``.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright

from kiosk.store.base.connection import open_database
from tests.processes import Kiosk
from tests.staff import a_member, a_session
from tests.waiting import PATIENCE

# A busy machine may take long; what is awaited is judged by its outcome, not by its speed.
PATIENCE_MS = PATIENCE * 1000
expect.set_options(timeout=PATIENCE_MS)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
TERMINAL = {
    "viewport": {"width": 1080, "height": 1920},
    "has_touch": True,
    "locale": "fr-FR",
    "timezone_id": "Europe/Paris",
    "reduced_motion": "reduce",
}
DESK = {"viewport": {"width": 1920, "height": 1080}, "has_touch": False}
# What the browser and htmx say about an answer that a test provoked.
PROVOKED = ("Failed to load resource", "htmx:", "Response Status Error Code")


def chromium_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def shell_path() -> str | None:
    return os.environ.get("CHROMIUM_SHELL") or shutil.which("chromium-headless-shell")


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def _whole_browser(_playwright: Playwright) -> Iterator[Browser]:
    yield from launched(_playwright, chromium_path())


@pytest.fixture(scope="session")
def _headless_shell(_playwright: Playwright) -> Iterator[Browser]:
    yield from launched(_playwright, shell_path())


def launched(playwright: Playwright, path: str | None) -> Iterator[Browser]:
    if path is None:
        pytest.skip("no Chromium: install it, or name yours in CHROMIUM")
    # Playwright switches off the cache of former pages that every real browser has.
    browser = playwright.chromium.launch(
        executable_path=path, args=list(FLAGS), ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


@pytest.fixture
def chromium(request: pytest.FixtureRequest) -> Browser:
    whole = request.node.get_closest_marker("whole_browser") or shell_path() is None
    browser: Browser = request.getfixturevalue("_whole_browser" if whole else "_headless_shell")
    return browser


@pytest.fixture(scope="session")
def shared_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    instance = tmp_path_factory.mktemp("browser") / "instance"
    with Kiosk("--demo", instance=instance) as kiosk:
        yield kiosk


@pytest.fixture
def kiosk(shared_kiosk: Kiosk) -> Kiosk:
    """Tests that stop the kiosk bring one of their own."""
    return shared_kiosk


@pytest.fixture
def own_kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with Kiosk("--demo", instance=tmp_path / "instance") as kiosk:
        yield kiosk


class Watch:
    """Collects what no page of ours may do; ``provoked`` permits the browser's own line about a failed answer."""

    def __init__(self, page: Page, origin: str | tuple[str, ...]) -> None:
        self.provoked = False
        self._origin = origin
        self._seen: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._seen.append(f"script: {error}"))
        page.on("request", self._look)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._seen.append(message.text)

    def _look(self, request: Request) -> None:
        if not request.url.startswith(self._origin):
            self._seen.append(f"another origin: {request.url}")

    def check(self) -> None:
        assert [line for line in self._seen if not (self.provoked and line.startswith(PROVOKED))] == []


Browse = Callable[..., Page]


@pytest.fixture
def browse(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Browse]:
    """Opens a browser window of its own before a kiosk; options are those of a Playwright context."""
    with ExitStack() as stack:

        def open_window(kiosk: Kiosk, door: str = "public", **options: Any) -> Page:
            origin = f"http://127.0.0.1:{getattr(kiosk, door)}"
            context = chromium.new_context(base_url=origin, **{**TERMINAL, **options})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            watch = Watch(page, origin)
            watches.append(watch)
            return page

        watches: list[Watch] = []
        open_window.watches = watches  # type: ignore[attr-defined]
        yield open_window
        for watch in watches:
            watch.check()


@pytest.fixture
def console(browse: Browse) -> Browse:
    """Opens the staff's door, signed in; ``role`` and ``sites`` are those of the member."""

    def open_console(
        kiosk: Kiosk, role: str = "manager", sites: tuple[str, ...] = (), name: str = "", **options: Any
    ) -> Page:
        page = browse(kiosk, door="staff", **{**DESK, **options})
        with open_database(kiosk.database) as db:
            key = a_session(db, a_member(db, role, sites=sites, name=name))
        page.context.add_cookies([{"name": "kiosk", "value": key, "url": f"http://127.0.0.1:{kiosk.staff}"}])
        return page

    return open_console


@pytest.fixture
def page(browse: Browse, kiosk: Kiosk) -> Page:
    return browse(kiosk)


@pytest.fixture
def provoked(browse: Browse) -> Callable[[], None]:
    """Called by tests that make an answer fail on purpose."""

    def permit() -> None:
        for watch in browse.watches:  # type: ignore[attr-defined]
            watch.provoked = True

    return permit
