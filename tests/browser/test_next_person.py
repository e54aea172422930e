"""Whoever comes next finds nothing of what was told before (with the browser's cache of former pages switched on)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import journey
from tests.browser.screens import HomeScreen, ReceiptScreen, ReportScreen
from tests.browser.waiting import arrived, walk_away
from tests.processes import Kiosk

pytestmark = pytest.mark.whole_browser

MARKER = "MARKER-7261"


def everything_on(page: Page) -> str:
    fields = page.eval_on_selector_all("input, textarea", "fields => fields.map(field => field.value).join(' ')")
    return page.content() + fields


def walk_the_history(page: Page) -> str:
    seen = []
    for step in (page.go_back, page.go_back, page.go_forward, page.go_forward):
        step()
        arrived(page)
        seen.append(everything_on(page))
    return " ".join(seen)


def sent_report(page: Page) -> ReceiptScreen:
    report = HomeScreen.opened_on(page).chooses("other").types("description", MARKER)
    return report.opens_contact().types("name", MARKER).sends()


def test_back_and_forward_show_nothing_after_a_report(page: Page) -> None:
    receipt = sent_report(page)
    secrets = (MARKER, receipt.reference, receipt.follow_up_code)
    receipt.finishes()
    seen = walk_the_history(page)
    assert not [secret for secret in secrets if secret in seen]


def test_back_shows_nothing_of_a_form_that_was_left(page: Page) -> None:
    report = HomeScreen.opened_on(page).chooses("other").types("description", MARKER)
    report.opens_contact().types("name", MARKER)
    page.goto("/fr/follow-up")
    assert MARKER not in walk_the_history(page)


@pytest.mark.parametrize("way_out", ["Annuler", "Retour"])
def test_leaving_the_form_leaves_no_entry_behind(way_out: str, page: Page) -> None:
    HomeScreen.opened_on(page).chooses("other").types("description", MARKER)
    for _ in journey.STEPS:
        if page.locator(".tiles").count():
            break
        before = journey.step(page)
        page.get_by_role("link", name=way_out).tap()
        expect(page.locator(f".tiles, #screen:not([data-at={before}])").first).to_be_attached()
    page.locator(".tiles").wait_for()
    assert MARKER not in walk_the_history(page)


def test_reloading_the_receipt_posts_nothing_and_shows_the_tiles(page: Page, kiosk: Kiosk) -> None:
    receipt = sent_report(page)
    before, code = kiosk.count_reports(), receipt.follow_up_code
    page.reload()
    page.locator(".tiles").wait_for()
    assert kiosk.count_reports() == before
    assert code not in everything_on(page)


def test_the_browser_stores_nothing_but_the_address_of_the_page_on_screen(page: Page) -> None:
    sent_report(page).finishes()
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert page.evaluate("Object.values(sessionStorage)") in ([], ["/fr/"])
    assert page.context.cookies() == []


def test_no_address_ever_holds_what_was_said_or_given(page: Page) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    receipt = sent_report(page)
    expect(receipt.transmission).to_contain_text("Transmis à")
    secrets = (MARKER, receipt.reference, receipt.follow_up_code)
    assert not [address for address in addresses if any(secret in address for secret in secrets)]


def test_the_receipt_leaves_by_itself_after_half_a_minute(page: Page) -> None:
    page.clock.install()
    ReportScreen.opened_on(page).types("description", MARKER).sends_on_a_stopped_clock()
    walk_away(page, 29)
    assert page.locator(".receipt").is_visible()
    walk_away(page, 2)
    page.locator(".tiles").wait_for()


def test_a_touch_keeps_the_receipt_for_whoever_still_reads(page: Page) -> None:
    page.clock.install()
    receipt = ReportScreen.opened_on(page).types("description", MARKER).sends_on_a_stopped_clock()
    walk_away(page, 29)
    page.get_by_role("heading", name="Enregistré").tap()
    walk_away(page, 29)
    assert receipt.reference
    walk_away(page, 2)
    page.locator(".tiles").wait_for()
