"""Help that everybody can read, found with one tap, at no cost to what was typed."""

from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.judge import objections, smallest
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import Kiosk


def test_help_is_one_tap_from_the_first_page_and_one_tap_back(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    HomeScreen.opened_on(page)
    assert smallest(page, ".help-row a") >= 76
    page.get_by_role("link", name="Qui appeler").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Qui appeler")
    page.get_by_role("link", name="Retour").tap()
    expect(page.locator(".tiles")).to_be_visible()


def test_help_beside_a_form_unfolds_and_keeps_every_word(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    report = ReportScreen.opened_on(page).types("description", "Une porte ouverte")
    assert smallest(page, ".help-here summary") >= 76
    page.locator(".help-here summary", has_text="Vos données").tap()
    expect(page.get_by_role("heading", name="Qui lit un signalement")).to_be_visible()
    assert objections(page) == []
    assert report.typed("description") == "Une porte ouverte"
    receipt = report.sends()
    assert receipt.reference
    expect(page.locator(".help-here summary").first).to_be_visible()
