"""The screen as an object in a lobby: on all day, upright or lying, read by people who move on."""

from collections.abc import Callable

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.browser.waiting import walk_away
from tests.processes import Kiosk

LANDSCAPE = {"viewport": {"width": 1920, "height": 1080}}
NARROW = {"viewport": {"width": 320, "height": 640}}
MAGNIFIED = {"viewport": {"width": 320, "height": 256}}  # 1280 × 1024 at 400 %


def test_the_first_page_renews_itself_when_it_is_no_longer_true(page: Page) -> None:
    page.clock.install()
    loads: list[Request] = []

    def tell_of_a_change(route: Route) -> None:
        route.fulfill(status=204, headers={"HX-Refresh": "true"})

    page.route("**/fr/?shown=*", tell_of_a_change, times=1)
    page.on("request", lambda request: loads.append(request) if request.is_navigation_request() else None)
    HomeScreen.opened_on(page)
    with page.expect_event("load"):
        page.clock.run_for(31_000)
    assert HomeScreen(page).heading == "Signaler un incident de sécurité"
    with page.expect_response("**/fr/?shown=*") as asked:
        page.clock.run_for(31_000)
    assert asked.value.status == 204
    assert len(loads) == 2, "nothing changed, so nothing moves under a finger"


def test_a_first_page_that_gets_no_answer_stays_as_it_is(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    page.clock.install()
    page.route("**/fr/?shown=*", lambda route: route.abort("connectionrefused"))
    HomeScreen.opened_on(page)
    with page.expect_event("requestfailed"):
        page.clock.run_for(31_000)
    expect(page.locator(".tile").first).to_be_visible()


def test_the_end_of_a_receipt_is_on_the_screen_however_much_it_says(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, **LANDSCAPE)
    ReportScreen.opened_on(page, "lost_access").answers("ongoing", "yes").sends()
    expect(page.get_by_role("link", name="Terminer")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-leaving]")).to_be_in_viewport(ratio=1)


def test_the_end_of_a_receipt_in_large_letters_is_on_the_screen(page: Page) -> None:
    report = ReportScreen.opened_on(page, "lost_access").answers("ongoing", "yes")
    page.get_by_role("button", name="Grands caractères").tap()
    report.sends()
    expect(page.get_by_role("link", name="Terminer")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-leaving]")).to_be_in_viewport(ratio=1)


def test_the_seconds_left_are_read_aloud_now_and_then(page: Page) -> None:
    page.clock.install()
    ReportScreen.opened_on(page).types("description", "Vu").sends_on_a_stopped_clock()
    told = {}
    for _ in range(15):
        page.clock.run_for(1_000)
        # Both are read in one step: between two, a late scroll event would start the 30 seconds again.
        line = page.locator("[data-leaving]")
        left, live = line.evaluate("line => [line.innerText.match(/[0-9]+/)[0], line.ariaLive]")
        told[int(left)] = live
    assert told == {left: "off" if left % 10 else "polite" for left in told}
    assert "polite" in told.values()


def test_the_second_of_two_hasty_taps_meets_nothing_around_a_receipt(page: Page) -> None:
    report = ReportScreen.opened_on(page).types("description", "Vu")
    page.evaluate("""addEventListener("htmx:afterSwap", () => {
        const help = document.querySelector(".help-here summary");
        help.scrollIntoView();
        const { x, y, width, height } = help.getBoundingClientRect();
        window.met = help.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    })""")
    report.sends()
    assert page.evaluate("met") is False
    page.locator(".help-here summary").first.tap()
    expect(page.locator(".help-here details").first).to_have_attribute("open", "")


def test_the_reference_is_never_broken_in_two(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, **NARROW)
    ReportScreen.opened_on(page).types("description", "Vu").sends()
    page.locator("[data-reference] bdi").evaluate("text => text.textContent = 'WWW-WWW-WWW'")
    lines = page.locator("[data-reference] bdi").evaluate("text => text.getClientRects().length")
    assert lines == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_magnified_form_is_not_covered_by_its_button(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, **MAGNIFIED)
    ReportScreen.opened_on(page)
    expect(page.get_by_role("button", name="Envoyer")).not_to_be_in_viewport()


def test_somebody_who_reads_by_moving_the_focus_is_given_time(page: Page) -> None:
    page.clock.install()
    receipt = ReportScreen.opened_on(page).types("description", "Vu").sends_on_a_stopped_clock()
    walk_away(page, 29)
    page.get_by_role("link", name="Terminer").focus()
    walk_away(page, 29)
    assert receipt.reference
