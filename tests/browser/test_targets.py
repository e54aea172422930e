"""Fingers in gloves, arms that do not reach up: 20 mm to touch, 3 mm of air, nothing to press in the top quarter."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from kiosk.domain.catalogue import KINDS
from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.browser.waiting import walk_away
from tests.processes import Kiosk

MILLIMETRE = 3.8  # CSS pixels, the default
TARGET, AIR = 20, 3  # millimetres
SLACK = 0.5  # pixels lost in rounding
# What sticks to an edge covers other things on purpose; for the measure it lies in its place.
TARGETS = """() => {
    for (const one of document.querySelectorAll("body *")) {
        if (getComputedStyle(one).position === "sticky") one.style.position = "static";
    }
    const typed = "textarea, select, input:not([type=hidden], [type=radio], [type=checkbox])";
    const asks = document.querySelector("dialog[open]") ?? document;
    const seen = one => one.checkVisibility({ visibilityProperty: true }) && !one.matches(".skip, .for-readers");
    return [...asks.querySelectorAll(`a[href], button, summary, .choice, ${typed}`)].filter(seen).map(one => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return { name: `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)}`,
                 left: x, top: y + scrollY, right: x + width, bottom: y + height + scrollY };
    });
}"""


class Target(NamedTuple):
    name: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def smaller_side(self) -> float:
        return min(self.right - self.left, self.bottom - self.top)

    def air_to(self, other: "Target") -> float:
        aside = max(self.left - other.right, other.left - self.right)
        above = max(self.top - other.bottom, other.top - self.bottom)
        return max(aside, above)


def targets(page: Page) -> list[Target]:
    found = [Target(**one) for one in page.evaluate(TARGETS)]
    assert found
    return found


def too_small(page: Page, millimetre: float = MILLIMETRE) -> list[tuple[str, int]]:
    least = TARGET * millimetre - SLACK
    return [(one.name, round(one.smaller_side)) for one in targets(page) if one.smaller_side < least]


def too_close(page: Page, millimetre: float = MILLIMETRE) -> list[tuple[str, str, int]]:
    least = AIR * millimetre - SLACK
    pairs = combinations(targets(page), 2)
    return [(one.name, other.name, round(air)) for one, other in pairs if (air := one.air_to(other)) < least]


def home(page: Page) -> None:
    HomeScreen.opened_on(page)


def help_page(page: Page) -> None:
    page.goto("/fr/help/contacts")


def follow_up(page: Page) -> None:
    page.goto("/fr/follow-up")


def wrong_code(page: Page) -> None:
    page.goto("/fr/follow-up")
    page.locator("#code").fill("nothing")
    page.locator("#code").press("Enter")
    page.locator("#summary").wait_for()


def form(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access")


def whole_form(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access")
    page.evaluate("document.documentElement.classList.remove('stepwise')")
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")


def check(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access").answers("zone", "zone-2").answers("when", "at")
    journey.to(page, "check")


def followed(page: Page) -> None:
    code = ReportScreen.opened_on(page).types("description", "Vu").sends().follow_up_code
    page.goto("/fr/follow-up")
    page.locator("#code").fill(code)
    page.locator("#code").press("Enter")
    page.locator("[data-reference]").wait_for()


def receipt(page: Page) -> None:
    ReportScreen.opened_on(page).types("description", "Vu").sends()


def nowhere(page: Page) -> None:
    page.goto("/nowhere")


def idle(page: Page) -> None:
    page.clock.install()
    page.goto("/fr/follow-up")
    walk_away(page, 76)
    page.locator("[data-idle]").wait_for()


PAGES = [home, help_page, follow_up, wrong_code, form, whole_form, check, receipt, followed, nowhere, idle]
Reach = Callable[[Page], None]


@pytest.mark.parametrize("reach", PAGES)
def test_everything_to_touch_has_two_centimetres_and_air_around_it(reach: Reach, page: Page, provoked: Reach) -> None:
    provoked()  # type: ignore[call-arg]
    reach(page)
    assert too_small(page) == []
    assert too_close(page) == []


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_on_the_first_page_nothing_to_touch_lies_in_the_top_quarter(language: str, page: Page) -> None:
    page.goto(f"/{language}/")
    assert page.viewport_size is not None
    assert [one.name for one in targets(page) if one.top < page.viewport_size["height"] / 4] == []


def out_of_reach(page: Page) -> list[tuple[str, int]]:
    assert page.viewport_size is not None
    above = [one for one in targets(page) if one.top < page.viewport_size["height"] / 4]
    return [(one.name, round(one.top)) for one in above if " switch " not in one.name and " house " not in one.name]


@pytest.mark.parametrize("reach", [help_page, follow_up, check, receipt, followed, nowhere, idle])
def test_on_the_other_pages_only_the_head_has_switches_up_there(reach: Reach, page: Page, provoked: Reach) -> None:
    provoked()  # type: ignore[call-arg]
    reach(page)
    assert out_of_reach(page) == []


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_a_report_of_any_kind_is_made_from_a_wheelchair(language: str, page: Page) -> None:
    for kind in KINDS:
        page.goto(f"/{language}/report/{kind}")
        assert (kind, out_of_reach(page)) == (kind, [])
    for step in ("check", "details"):
        journey.to(page, step)
        assert (step, out_of_reach(page)) == (step, [])


def test_in_a_hand_every_target_still_has_44_pixels_and_nothing_runs_over(browse: Browse, kiosk: Kiosk) -> None:
    for width, height in ((320, 640), (390, 844)):
        page = browse(kiosk, viewport={"width": width, "height": height})
        for reach in (home, help_page, follow_up):
            reach(page)
            assert [one for one in targets(page) if one.smaller_side < 44] == []


def test_a_denser_screen_gets_larger_targets(browse: Browse, tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    toml = '[[sites]]\nid = "s"\nname = "S"\nterminals = [{ id = "t", name = "T", density = 5 }]\n'
    (instance / "kiosk.toml").write_text(toml)
    with Kiosk("--demo", instance=instance) as kiosk:
        page = browse(kiosk)
        for reach in (home, help_page, form):
            reach(page)
            assert too_small(page, 5) == []
            assert too_close(page, 5) == []
