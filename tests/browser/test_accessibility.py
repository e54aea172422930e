"""Targets, a field that is always in sight, and stylesheets for both directions of writing."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.judge import smallest
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import ROOT, Kiosk

SIDE = "(?:left|right|top|bottom)"
PHYSICAL = re.compile(
    rf"(?<![-\w])(?:\w+-{SIDE}|{SIDE}|float|width|height)\s*:|text-align:\s*(?:left|right)\b", re.MULTILINE
)


def go_home(page: Page) -> None:
    HomeScreen.opened_on(page)


def open_form(page: Page) -> None:
    report = ReportScreen.opened_on(page, "lost_access").answers("when", "at").answers("means", "smart_card")
    expect(page.locator("#pin_exposed")).to_be_visible()
    report.opens_contact().types("description", "Vu")


def test_fingers_find_targets_of_two_centimetres(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk)
    go_home(page)
    assert smallest(page, ".tile, .bottom .button") >= 76
    open_form(page)
    assert smallest(page, ".choice, .send") >= 76
    assert smallest(page, "input:not([type=radio], [type=checkbox], [type=hidden]), textarea, summary, .back") >= 56


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
