"""Reach, targets and scrolling on the screens of the form, in French and Arabic."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.judge import smallest
from tests.browser.screens import ReportScreen
from tests.processes import Kiosk

SIZES: dict[str, dict[str, Any]] = {
    "terminal": {},
    "landscape": {"viewport": {"width": 1920, "height": 1080}, "has_touch": False},
}
TWO_CENTIMETRES = 76  # CSS pixels at the density that a terminal has by default
TAPPED = ".choice, .send-bar .button"


def half_told(page: Page, language: str) -> ReportScreen:
    """Something said on every screen, so that every part of each is there."""
    page.goto(f"/{language}/report/lost_access")
    report = ReportScreen(page).answers("called", "not_yet").answers("zone", "zone-4").answers("when", "at")
    report.types("when_date", "2026-11-19").answers("how", "stolen").answers("means", "smart_card")
    return report.types("description", "Vu près du quai").opens_contact()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_somebody_who_sits_reaches_every_answer_of_an_upright_terminal(
    language: str, browse: Browse, kiosk: Kiosk
) -> None:
    page = browse(kiosk)
    half_told(page, language)
    for step in ("where", "when", "decisive", "check"):
        journey.to(page, step)
        page.evaluate("scrollTo(0, 0)")
        tops = page.eval_on_selector_all(
            f"{TAPPED}, [data-edit], [data-details]",
            "all => all.map(one => one.getBoundingClientRect()).filter(b => b.height).map(b => b.top)",
        )
        assert min(tops) >= 1920 / 4, step
        assert smallest(page, TAPPED) >= TWO_CENTIMETRES, step


@pytest.mark.parametrize("kind", ["virus", "other"])  # the longest advice, the most choices
@pytest.mark.parametrize("size", [SIZES["terminal"], SIZES["landscape"]], ids=["terminal", "landscape"])
def test_the_shortest_way_needs_no_scrolling(size: dict[str, Any], kind: str, browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, **size)
    page.goto(f"/fr/report/{kind}")
    for question in ("zone", "when", "about" if kind == "other" else "network"):
        for choice in page.locator(f"#{question} .choice").all():
            expect(choice).to_be_in_viewport(ratio=1)
        journey.press(page.locator(f"#{question} .choice").last)
    expect(page.get_by_role("button", name="Envoyer")).to_be_in_viewport(ratio=1)
