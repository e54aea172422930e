"""Console pages on paper."""

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.desk import report
from tests.browser.judge import sideways
from tests.processes import Kiosk


def test_a_sheet_fits_on_paper(console: Browse, kiosk: Kiosk) -> None:
    report(kiosk, "theft")
    page = console(kiosk, viewport={"width": 1040, "height": 720})  # A4 landscape between its margins
    page.goto("/day")
    page.emulate_media(media="print")
    expect(page.locator(".staff-top")).to_be_hidden()
    expect(page.locator(".signature")).to_be_visible()
    assert sideways(page) <= 0


def test_the_button_opens_the_printing_of_the_browser(console: Browse, kiosk: Kiosk) -> None:
    page = console(kiosk)
    page.add_init_script("window.print = () => { document.title = 'printed' }")
    page.goto("/day")
    page.get_by_role("button", name="Imprimer").click()
    expect(page).to_have_title("printed")
