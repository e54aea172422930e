"""Pages are light as a real browser counts them, and no screen keeps anybody waiting on a slow machine."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import Kiosk
from tests.web.contractor import Answer

LIMIT = 60_000  # bytes with an empty cache, heads of answers included, fonts left out
REQUESTS = 6
RECEIPT = 12_000  # bytes, uncompressed
ICON = 1  # request that the protocol does not show
SLOWER = 4
# From the address to the moment when the page is laid out and its scripts have run, as the browser itself noted it.
USABLE = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


class Wire:
    """``received``: path and size of each answer, as it went over the wire."""

    def __init__(self, page: Page) -> None:
        self.received: list[tuple[str, int]] = []
        self._page = page
        self._asked: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.loadingFinished", lambda event: self._receive(event["requestId"], event))
        session.send("Network.enable")

    def _ask(self, event: dict[str, Any]) -> None:
        request = event["requestId"]
        if "redirectResponse" in event:
            self._receive(request, event["redirectResponse"])
        self._asked[request] = urlsplit(event["request"]["url"]).path

    def _receive(self, request: str, answer: dict[str, Any]) -> None:
        if size := int(answer["encodedDataLength"]):  # else from the browser's cache
            self.received.append((self._asked[request], size))

    def loads(self, path: str) -> "Wire":
        self._page.goto(path, wait_until="networkidle")
        return self

    @property
    def fonts(self) -> set[str]:
        return {path.rpartition("/")[2] for path, _ in self.received if path.endswith(".woff2")}

    @property
    def rest(self) -> list[tuple[str, int]]:
        return [(path, size) for path, size in self.received if not path.endswith(".woff2")]

    def weigh(self, requests: int) -> None:
        assert sum(size for _, size in self.rest) <= LIMIT, self.rest
        assert len(self.rest) + ICON <= requests, self.rest
        assert not [path for path, _ in self.rest if "keyboard" in path or "print" in path], "only when wanted"


@pytest.fixture(params=["br, gzip", "gzip"], ids=["brotli", "gzip"])
def packed(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Encodings that browsers accept: by https and on the machine itself; by http."""
    return {"extra_http_headers": {"Accept-Encoding": request.param}}


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_first_page_is_light(language: str, packed: dict[str, Any], browse: Browse, kiosk: Kiosk) -> None:
    wire = Wire(browse(kiosk, **packed)).loads(f"/{language}/")
    wire.weigh(REQUESTS)
    arabic = "arabic" if language == "ar" else "arabic-name"
    assert wire.fonts == {"noto-sans-latin.woff2", f"noto-sans-{arabic}.woff2"}


def test_a_report_is_light_from_its_form_to_its_receipt(packed: dict[str, Any], browse: Browse, kiosk: Kiosk) -> None:
    """In the language with the longest texts."""
    page, path = browse(kiosk, **packed), "/ar/report/lost_access"
    wire = Wire(page).loads(path)
    wire.weigh(REQUESTS + 1)  # js/steps.js, which may not be late
    before = len(wire.received)
    page.evaluate("document.querySelector('#description').value = 'Vu'")
    page.evaluate("document.querySelector('.report-form').requestSubmit()")
    page.locator(".receipt").wait_for()
    page.wait_for_load_state("networkidle")
    assert {each for each, _ in wire.received[before:]} == {path}, "nothing but the receipt's words"
    assert sum(size for _, size in wire.received[before:]) <= RECEIPT
    assert wire.fonts == {"noto-sans-latin.woff2", "noto-sans-arabic.woff2"}


@pytest.mark.parametrize("path", ["/fr/follow-up", "/ar/help/privacy", "/fr/nowhere"])
def test_every_other_page_of_the_public_door_is_light(
    path: str, browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page = browse(kiosk)
    provoked()
    Wire(page).loads(path).weigh(REQUESTS)


@pytest.mark.parametrize("path", ["/", "/account", "/search", "/transmission"])
def test_the_console_is_light(path: str, console: Browse, kiosk: Kiosk) -> None:
    kiosk.post("/fr/report/theft", {"description": "vu"})
    wire = Wire(console(kiosk)).loads(path)
    wire.weigh(REQUESTS)
    assert wire.fonts == {"noto-sans-latin.woff2"}


def test_a_report_at_the_console_is_light(console: Browse, kiosk: Kiosk) -> None:
    report = Answer(*kiosk.post("/fr/report/theft", {"description": "vu"}))
    Wire(console(kiosk)).loads(f"/reports/{report.reference}").weigh(REQUESTS + 1)  # css/one-report.css


def test_whoever_goes_on_fetches_next_to_nothing_more(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    wire = Wire(page).loads("/")
    before = len(wire.received)
    with page.expect_navigation(wait_until="networkidle"):
        journey.press(page.locator(".tile").first)
    fetched = {path for path, _ in wire.received[before:]}
    assert fetched == {"/static/js/steps.js", urlsplit(page.url).path}


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
