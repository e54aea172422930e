"""Eight people notice one broken door: one row, opened by a tap or a key, and one act for all of them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.desk import TELEPHONE, card, report
from tests.browser.judge import objections
from tests.processes import Kiosk

DOOR = "access_control_disabled"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with Kiosk("--demo", instance=tmp_path_factory.mktemp("similar") / "instance") as running:
        yield running


def fold_of(page: Page, reference: str, words: str) -> None:
    """Opens the row by keyboard."""
    summary = card(page, reference).locator(".fold summary")
    expect(summary).to_contain_text(words)
    summary.focus()
    page.keyboard.press("Enter")


def test_a_row_stays_open_while_others_come_and_all_are_taken_then_closed_as_one(
    kiosk: Kiosk, console: Browse, provoked: Callable[[], None]
) -> None:
    references = [report(kiosk, DOOR, zone="zone-1") for _ in range(7)]
    page = console(kiosk)
    page.goto("/")
    fold_of(page, references[0], "7 signalements semblables")
    expect(page.get_by_role("link", name=references[6])).to_be_visible()
    references.append(report(kiosk, DOOR, zone="zone-1"))
    expect(page.get_by_role("link", name=references[7])).to_be_visible()  # it came by itself, and the row stayed open
    card(page, references[0]).get_by_role("button", name="d'ici 15 min").click()
    expect(page.locator(".result")).to_contain_text("8 signalements sont pris en charge")
    page.get_by_label("Déjà signalé").check()
    page.get_by_label(references[0]).check()
    page.get_by_role("button", name="Clore les 8 signalements").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Clore 7 signalements")
    assert objections(page) == []
    page.get_by_role("button", name="Clore les 7").click()
    expect(page.locator(".result")).to_contain_text("7 signalements sont clos")
    provoked()
    page.go_back(wait_until="commit")  # a page that asked once is no form to send again, nor an error of the browser
    expect(page.locator("main")).to_contain_text("attendait encore votre accord n'a rien changé")
    page.go_forward(wait_until="commit")
    expect(page.locator(".result")).to_contain_text("7 signalements sont clos")
    page.goto(f"/reports/{references[7]}")
    page.locator("#report-status").get_by_role("link", name=references[0]).click()
    expect(page.locator("#report-status")).to_contain_text("Vous vous en occupez")
    expect(page.locator("#report-status").get_by_role("link", name=references[7])).to_be_visible()


def test_without_scripts_on_a_telephone_the_row_opens_and_is_hidden_as_one(kiosk: Kiosk, console: Browse) -> None:
    references = [report(kiosk, DOOR, zone="zone-2") for _ in range(3)]
    page = console(kiosk, java_script_enabled=False, **TELEPHONE)
    page.goto("/")
    card(page, references[0]).locator(".fold summary").tap()
    card(page, references[0]).get_by_role("link", name="Clore ou masquer ensemble").tap()
    page.get_by_text("Ce n'étaient pas de vrais signalements").tap()
    page.get_by_role("button", name="Ils sont indésirables").tap()
    page.get_by_role("button", name="Masquer les 3").tap()
    expect(page.locator(".result")).to_contain_text("3 signalements sont masqués")
    page.goto("/")
    expect(card(page, references[0])).to_have_count(0)
