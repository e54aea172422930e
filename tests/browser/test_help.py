"""Help that everybody can read, found with one tap, at no cost to what was typed."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.browser.test_accessibility import AXE, objections, sideways, smallest
from tests.processes import Kiosk

RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'EN-301-549', 'RGAAv4', 'best-practice']"
TOPICS = ["rules", "contacts", "privacy", "accessibility"]
# 640 wide is a terminal's 1280 at 200 %.
SIZES = {"terminal": (1080, 1920), "landscape": (1920, 1080), "doubled": (640, 400), "narrow": (320, 640)}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_help_keeps_nobody_out_and_never_runs_sideways(size: tuple[int, int], browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, viewport={"width": size[0], "height": size[1]})
    for topic in TOPICS:
        page.goto(f"/fr/help/{topic}")
        assert sideways(page) <= 0, topic
        assert objections(page) == [], topic
        found = page.evaluate(
            f"axe.run(document, {{ runOnly: {RULES} }}).then(result => result.violations.map(rule => rule.id))"
        )
        assert found == [], topic


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
    if AXE.is_file():
        assert objections(page) == []
    assert report.typed("description") == "Une porte ouverte"
    receipt = report.sends()
    assert receipt.reference
    expect(page.locator(".help-here summary").first).to_be_visible()
