"""The same terminal where no script runs: plain pages and plain forms do the whole job."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kiosk.domain.catalogue import KINDS, Form
from tests.browser.conftest import Browse
from tests.browser.screens import FollowUpScreen, HomeScreen, ReportScreen
from tests.browser.test_next_person import MARKER, everything_on
from tests.processes import Kiosk

pytestmark = pytest.mark.whole_browser


@pytest.fixture
def page(browse: Browse, kiosk: Kiosk) -> Page:
    return browse(kiosk, java_script_enabled=False)


def test_all_questions_stand_on_one_page_with_one_button(page: Page) -> None:
    ReportScreen.opened_on(page, "lost_access")
    for question in (
        "called",
        "zone",
        "when",
        "how",
        "ongoing",
        "means",
        "personal_data",
        "description",
        "already_done",
    ):
        expect(page.locator(f"#{question}")).to_be_visible()
    expect(page.locator(".report-form button:visible")).to_have_text([re.compile("Envoyer")])
    expect(page.locator(".progress, .check, [data-details]").filter(visible=True)).to_have_count(0)


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


@pytest.mark.parametrize("script", ["vendor/htmx.min.js", "js/steps.js", "js/kiosk.js"])
def test_a_script_that_cannot_be_loaded_is_not_missed(
    script: str, browse: Browse, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page = browse(kiosk)
    provoked()
    page.route(f"**/{script}*", lambda route: route.abort())
    report = HomeScreen.opened_on(page).chooses("theft").types("description", "Un script manque")
    assert report.sends().reference


def test_an_empty_form_comes_back_with_its_error_and_then_goes(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = ReportScreen.opened_on(page, "virus")
    report.presses_send()
    expect(report.error_summary).to_contain_text("encore vide")
    report.types("description", "Une fenêtre étrange").sends()


def test_reloading_the_receipt_posts_nothing_and_leads_to_the_follow_up(
    page: Page, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    provoked()
    receipt = ReportScreen.opened_on(page).types("description", "Une fois").sends()
    before, reference, code = kiosk.count_reports(), receipt.reference, receipt.follow_up_code
    page.reload()
    expect(page.locator("h1")).to_have_text("Cette page n'est plus montrée")
    assert reference not in everything_on(page)
    page.locator("main").get_by_role("link", name="Retrouver un signalement").tap()
    assert FollowUpScreen(page).asks_with(code).reference == reference
    assert kiosk.count_reports() == before


def leaves(page: Page) -> None:
    """To the home page, until all of it is there: the browser drops the former page when ``/forget.css`` has come."""
    page.locator(".house").tap()
    page.locator(".tiles").wait_for()
    page.wait_for_load_state()


@pytest.mark.parametrize("too_long", [False, True], ids=["sent", "refused"])
def test_back_shows_nothing_of_what_was_posted(too_long: bool, page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = HomeScreen.opened_on(page).chooses("other").types("description", MARKER)
    if too_long:
        report.opens_contact().types("name", "é" * 501)
    report.presses_send()
    page.locator("#summary, .receipt").first.wait_for()
    leaves(page)
    page.go_back(wait_until="commit")
    expect(page.locator("h1")).to_have_text("Cette page n'est plus montrée")
    assert MARKER not in everything_on(page)
    page.go_back(wait_until="commit")
    expect(page.locator(".report-form")).to_be_attached()
    assert MARKER not in everything_on(page)


def test_back_shows_nothing_of_a_form_that_was_left(page: Page) -> None:
    HomeScreen.opened_on(page).chooses("other").types("description", MARKER)
    leaves(page)
    page.go_back(wait_until="commit")
    expect(page.locator(".report-form")).to_be_attached()
    assert MARKER not in everything_on(page)


def test_a_report_is_found_again_by_its_code(page: Page) -> None:
    receipt = ReportScreen.opened_on(page).types("description", "Vu").sends()
    code, reference = receipt.follow_up_code, receipt.reference
    follow_up = receipt.finishes().looks_for_a_report().asks_with(code)
    page.locator("[data-reference]").wait_for()
    assert follow_up.reference == reference
