"""Large text and strong contrast: one tap, no word lost, and the next person starts afresh."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.judge import objections, sideways
from tests.browser.screens import HomeScreen, ReportScreen
from tests.browser.waiting import stop_clock, walk_away
from tests.processes import Kiosk

WORDS = "Une porte restée ouverte"
DISPLAYS = ["both", *(pytest.param(name, marks=pytest.mark.long) for name in ("large", "contrast"))]


def display(page: Page) -> str:
    return page.locator("html").get_attribute("data-display") or ""


def letters(page: Page) -> float:
    size: float = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    return size


def press(page: Page, name: str) -> None:
    page.locator("[data-switch]").get_by_text(name, exact=True).tap()


def test_one_tap_enlarges_the_page_in_place_and_another_takes_it_back(page: Page) -> None:
    page.goto("/fr/help/rules")
    before = letters(page)
    press(page, "Grands caractères")
    assert letters(page) >= 1.3 * before
    press(page, "Caractères normaux")
    assert letters(page) == before


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_form_keeps_every_word_and_the_way_on_keeps_the_display(scripts: bool, browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, java_script_enabled=scripts)
    report = ReportScreen.opened_on(page).types("description", WORDS)
    press(page, "Contraste fort")
    assert report.typed("description") == WORDS
    press(page, "Grands caractères")
    assert report.typed("description") == WORDS
    page.locator(".languages").get_by_text("English", exact=True).tap()
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    assert set(display(page).split()) == {"large", "contrast"}
    assert report.sends().reference
    assert set(display(page).split()) == {"large", "contrast"}
    page.get_by_role("link", name="Finish").tap()
    page.locator(".tiles").wait_for()
    assert display(page) == ""


def test_what_was_chosen_on_the_first_page_holds_on_all_the_others(page: Page) -> None:
    HomeScreen.opened_on(page)
    press(page, "Grands caractères")
    page.locator(".tile").first.tap()
    page.locator(".report").wait_for()
    assert display(page) == "large"
    page.get_by_role("link", name="Retour").tap()
    page.locator(".tiles").wait_for()
    assert display(page) == "large"
    page.get_by_role("link", name="Qui appeler").tap()
    page.locator(".help-contacts").wait_for()
    assert display(page) == "large"


def test_what_was_chosen_on_a_receipt_ends_with_it(page: Page) -> None:
    receipt = ReportScreen.opened_on(page).types("description", WORDS).sends()
    press(page, "Contraste fort")
    assert display(page) == "contrast"
    assert receipt.reference
    receipt.finishes()
    assert display(page) == ""


def test_the_first_page_turns_plain_again_when_nobody_is_there(page: Page) -> None:
    page.clock.install()
    HomeScreen.opened_on(page)
    press(page, "Contraste fort")
    stop_clock(page)
    page.keyboard.press("Shift")
    walk_away(page, 74)
    assert display(page) == "contrast"
    with page.expect_event("load"):
        walk_away(page, 2)
    assert display(page) == ""


def test_a_form_that_is_left_alone_is_wiped_into_a_plain_page(page: Page) -> None:
    page.clock.install()
    ReportScreen.opened_on(page).types("description", WORDS)
    press(page, "Grands caractères")
    walk_away(page, 76)
    page.locator("[data-idle]").wait_for()
    walk_away(page, 31)
    page.locator(".tiles").wait_for()
    assert display(page) == ""
    assert page.url.endswith("/fr/")


def test_nothing_is_kept_in_the_browser_for_it(page: Page) -> None:
    HomeScreen.opened_on(page)
    press(page, "Grands caractères")
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert "large" not in page.evaluate("JSON.stringify(sessionStorage)")


@pytest.mark.ci
@pytest.mark.parametrize("path", ["/", "/ar/", "/fr/help/privacy", "/fr/report/virus", "/fr/follow-up", "/none"])
@pytest.mark.parametrize("display", DISPLAYS)
def test_no_display_keeps_anybody_out(path: str, display: str, browse: Browse, kiosk: Kiosk, provoked: object) -> None:
    for width, height in ((1080, 1920), (640, 512), (320, 640)):
        page = browse(kiosk, viewport={"width": width, "height": height})
        browse.watches[-1].provoked = True  # type: ignore[attr-defined]
        page.goto(f"{path}?display={display}")
        assert sideways(page) <= 0, (width, height)
        assert objections(page) == [], (width, height)


@pytest.mark.parametrize("look", [{"forced_colors": "active"}, {"color_scheme": "dark"}], ids=["forced", "dark"])
def test_the_systems_own_colours_still_count(look: dict[str, object], browse: Browse, kiosk: Kiosk) -> None:
    for path in ("/?display=contrast", "/fr/help/rules", "/fr/report/other"):
        page = browse(kiosk, **look)
        page.goto(path)
        assert objections(page) == [], path
