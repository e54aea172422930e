"""The same terminal where no script runs: plain pages and plain forms do the whole job."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kiosk.intake.catalogue import KINDS, Form
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReceiptScreen, ReportScreen
from tests.processes import Kiosk


@pytest.fixture
def page(browse: Browse, kiosk: Kiosk) -> Page:
    return browse(kiosk, java_script_enabled=False)


def test_five_taps_make_a_report(page: Page) -> None:
    """Of one kind; the next test sends a report of each."""
    report = HomeScreen.opened_on(page).chooses("lost_access")
    receipt = report.answers("zone", "zone-1").answers("when", "now").answers("ongoing", "yes").sends()
    assert receipt.reference
    assert receipt.follow_up_code
    assert "Enregistré à" in receipt.text
    assert receipt.finishes().heading == "Signaler un incident de sécurité"


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_can_be_seen_and_answered(kind: str, page: Page) -> None:
    report = ReportScreen.opened_on(page, kind)
    for question in KINDS[kind].questions:
        if question.closed:
            report.answers(question.code, question.choices[-1].code)
        else:
            report.types(question.code, "B12")
        assert question.form in (Form.LINE, Form.TEXT) or report.shows_question(question.code)
    assert report.sends().reference


def test_a_script_that_cannot_be_loaded_is_not_missed(
    browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page = browse(kiosk)
    provoked()
    page.route("**/vendor/htmx.min.js*", lambda route: route.abort())
    report = HomeScreen.opened_on(page).chooses("theft").types("description", "Sans htmx")
    assert report.sends().reference


def test_an_empty_form_comes_back_with_its_error_and_then_goes(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = ReportScreen.opened_on(page, "virus")
    report.presses_send()
    expect(report.error_summary).to_contain_text("encore vide")
    report.types("description", "Une fenêtre étrange").sends()


def test_reloading_the_receipt_finds_the_same_report(page: Page, kiosk: Kiosk) -> None:
    receipt = ReportScreen.opened_on(page).types("description", "Une fois").sends()
    before, reference = kiosk.count_reports(), receipt.reference
    page.reload()
    assert ReceiptScreen.shown_on(page).reference == reference
    assert kiosk.count_reports() == before


def test_a_report_is_found_again_by_its_code(page: Page) -> None:
    receipt = ReportScreen.opened_on(page).types("description", "Vu").sends()
    code, reference = receipt.follow_up_code, receipt.reference
    follow_up = receipt.finishes().looks_for_a_report().asks_with(code)
    page.locator("[data-reference]").wait_for()
    assert follow_up.reference == reference
