"""Nobody is kept out by how a screen is built: axe's rules, reflow, targets, colours."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import ROOT, Kiosk

AXE = ROOT / ".cache" / "test-assets" / "axe.min.js"
SIDE = "(?:left|right|top|bottom)"
PHYSICAL = re.compile(
    rf"(?<![-\w])(?:\w+-{SIDE}|{SIDE}|float|width|height)\s*:|text-align:\s*(?:left|right)\b", re.MULTILINE
)
LOOKS: list[dict[str, Any]] = [
    {},
    {"color_scheme": "dark"},
    {"viewport": {"width": 1920, "height": 1080}},
    {"viewport": {"width": 320, "height": 640}},
]


def go_home(page: Page) -> None:
    HomeScreen.opened_on(page)


def open_form(page: Page) -> None:
    report = ReportScreen.opened_on(page, "lost_access").answers("when", "at").answers("means", "smart_card")
    expect(page.locator("#pin_exposed")).to_be_visible()
    report.opens_contact().types("description", "Vu")


def provoke_error(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access").presses_send()
    page.locator("#summary").wait_for()


def get_receipt(page: Page) -> None:
    ReportScreen.opened_on(page).types("description", "Vu").sends()


def follow_up(page: Page) -> None:
    HomeScreen.opened_on(page).looks_for_a_report().asks_with("nothing")
    page.locator("#summary").wait_for()


def get_lost(page: Page) -> None:
    page.goto("/nowhere")


SCREENS = [go_home, open_form, provoke_error, get_receipt, follow_up, get_lost]


@pytest.fixture(params=LOOKS, ids=["terminal", "dark", "landscape", "narrow"])
def page(request: pytest.FixtureRequest, browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]) -> Page:
    opened = browse(kiosk, **request.param)
    provoked()
    return opened


@pytest.mark.parametrize("reach", SCREENS)
def test_a_screen_keeps_nobody_out(reach: Callable[[Page], None], page: Page) -> None:
    reach(page)
    assert sideways(page) <= 0
    assert objections(page) == []
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert sideways(page) <= 0


def sideways(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def objections(page: Page) -> list[tuple[str, list[str]]]:
    if not AXE.is_file():
        pytest.skip(f"{AXE.relative_to(ROOT)} is missing: run `make test`, or python -m kiosk.ops.assets --for-tests")
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations)")
    return [(rule["id"], [str(node["target"]) for node in rule["nodes"]]) for rule in found]


def test_fingers_find_targets_of_two_centimetres(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    go_home(page)
    assert smallest(page, ".tile, .bottom .button") >= 76
    open_form(page)
    assert smallest(page, ".choice, .send") >= 76
    assert smallest(page, "input:not([type=radio], [type=checkbox], [type=hidden]), textarea, summary, .back") >= 56


def smallest(page: Page, selector: str) -> float:
    size: float = page.eval_on_selector_all(
        selector,
        "all => Math.min(...all.map(one => one.getBoundingClientRect()).filter(b => b.height).map(b => b.height))",
    )
    return size


def test_the_field_in_hand_is_never_behind_the_send_bar(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, viewport={"width": 1080, "height": 900})
    open_form(page)
    for field in ("place", "description", "already_done", "name", "telephone"):
        page.locator(f"#{field}").focus()
        bottom = page.locator(f"#{field}").evaluate("field => field.getBoundingClientRect().bottom")
        top = page.locator(".send-bar").evaluate("bar => bar.getBoundingClientRect().top")
        assert bottom <= top, field


def test_stylesheets_know_no_left_and_no_right() -> None:
    for sheet in Path(ROOT / "static" / "css").glob("*.css"):
        rules = re.sub(r"@(?:media|font-face)[^{]*", "", sheet.read_text(encoding="utf-8"))
        assert PHYSICAL.findall(rules) == [], sheet.name
