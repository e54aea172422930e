"""The first page is light, and no screen keeps anybody waiting on a slow machine."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page, Response

from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import Kiosk

LIMIT = 60_000  # bytes, all but the fonts, each as gzip -9 makes it
SLOWER = 4
# From the address to the moment when the page is laid out and its scripts have run, as the browser itself noted it.
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def bodies(page: Page, path: str) -> dict[str, bytes]:
    """Everything that a browser with an empty cache asks for, by its address."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path, wait_until="networkidle")
    return {urlsplit(answer.url).path: answer.body() for answer in answers}


def weight(body: bytes) -> int:
    return len(gzip.compress(body, compresslevel=9))


@pytest.mark.parametrize("path", ["/", "/ar/"])
def test_the_first_page_weighs_less_than_60_kb(path: str, browse: Browse, kiosk: Kiosk) -> None:
    found = bodies(browse(kiosk), path)
    fonts = {name: len(body) for name, body in found.items() if name.endswith(".woff2")}
    rest = {name: weight(body) for name, body in found.items() if name not in fonts}
    assert sum(rest.values()) <= LIMIT, rest
    assert len(found) <= 20, "each file is a request"
    assert not [name for name in found if "keyboard" in name or "print" in name]
    print(f"\n{path}: {sum(rest.values())} bytes in {len(rest)} files, and fonts {fonts}")


def test_whoever_goes_on_fetches_next_to_nothing_more(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    bodies(page, "/")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(urlsplit(request.url).path))
    journey.press(page.locator(".tile").first)
    page.wait_for_load_state("networkidle")
    assert [path for path in fetched if path.endswith(".woff2")] == []
    assert len(fetched) <= 6


def slow_down(page: Page) -> CDPSession:
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def first_page(page: Page) -> None:
    HomeScreen.opened_on(page)


def help_page(page: Page) -> None:
    page.goto("/fr/help/privacy")


def form(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access")


def arabic_form(page: Page) -> None:
    page.goto("/ar/report/virus")


def follow_up(page: Page) -> None:
    page.goto("/fr/follow-up")


@pytest.mark.long
@pytest.mark.parametrize("reach", [first_page, help_page, form, arabic_form, follow_up])
def test_how_long_a_screen_takes_on_a_slow_machine(
    reach: Callable[[Page], None], browse: Browse, kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Printed, never judged: a busy machine is no fault of the page."""
    page = browse(kiosk)
    slow_down(page)
    for visit in ("first visit", "later"):
        reach(page)
        page.wait_for_load_state("networkidle")
        painted, usable = page.evaluate(PAINTED), page.evaluate(USABLE)
        with capsys.disabled():
            print(
                f"\n{reach.__name__}, {visit}: painted {painted:.0f} ms, usable {usable:.0f} ms (CPU {SLOWER}× slower)"
            )


@pytest.mark.long
def test_how_long_a_tap_takes_on_a_slow_machine(
    browse: Browse, kiosk: Kiosk, capsys: pytest.CaptureFixture[str]
) -> None:
    page = browse(kiosk)
    ReportScreen.opened_on(page).types("description", "Vu")
    journey.to(page, "check")
    slow_down(page)
    page.evaluate("""() => {
        addEventListener('click', () => (window.pressed = performance.now()), true);
        new MutationObserver(() => (window.shown ??= document.querySelector('.receipt') && performance.now()))
            .observe(document.body, { childList: true, subtree: true });
    }""")
    journey.send(page)
    page.locator(".receipt").wait_for()
    taken = page.evaluate("shown - pressed")
    with capsys.disabled():
        print(f"\nfrom « Envoyer » to the receipt: {taken:.0f} ms (CPU {SLOWER}× slower)")
