"""A contractor at the terminal, with scripts, from the tiles to the receipt."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from kiosk.domain.catalogue import KINDS
from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReceiptScreen, ReportScreen
from tests.processes import Kiosk

NOT_SAVED = "Pas encore enregistré"


@pytest.mark.parametrize("kind", KINDS)
def test_five_taps_and_no_typing_make_a_report_that_is_transmitted(kind: str, page: Page) -> None:
    assert HomeScreen.opened_on(page).chooses(kind).heading == KINDS[kind].title
    HomeScreen.opened_on(page)
    journey.shortest(page, kind)
    receipt = ReportScreen(page).sends()
    assert receipt.heading == "Enregistré"
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{3}-?){3}", receipt.reference)
    expect(receipt.transmission).to_contain_text("Transmis à")
    assert page.title().startswith("Signalement enregistré")
    assert HomeScreen.opened_on(page).heading == "Signaler un incident de sécurité"


def test_only_the_questions_that_matter_are_shown_and_what_was_typed_stays(page: Page) -> None:
    report = ReportScreen.opened_on(page, "lost_access")
    report.types("description", "Tombé près du quai")
    assert not report.shows_question("pin_exposed")
    report.answers("means", "smart_card")
    expect(page.locator("#pin_exposed")).to_be_visible()
    report.answers("pin_exposed", "no").answers("means", "key")
    expect(page.locator("#pin_exposed-no")).to_be_checked()
    assert report.typed("description") == "Tombé près du quai"
    report.sends()


def test_another_date_asks_for_day_and_hour_only_then(page: Page) -> None:
    report = ReportScreen.opened_on(page)
    assert not report.shows_question("when_date")
    report.answers("when", "at").types("when_date", "2026-11-19").types("when_time", "14:30").sends()


def test_the_counter_follows_what_is_typed_and_cuts_nothing(page: Page) -> None:
    report = ReportScreen.opened_on(page)
    counter = page.locator('[data-counter="description"]')
    expect(counter).to_be_hidden()
    report.types("description", "🔑" * 20_001)
    expect(counter).to_contain_text(re.compile(r"20\s001 / 20\s000"))
    expect(counter).to_have_class(re.compile("counter-over"))
    assert len(report.typed("description")) == 20_001


def test_an_empty_form_says_what_to_do_and_a_screen_reader_is_led_there(
    page: Page, provoked: Callable[[], None]
) -> None:
    provoked()
    report = ReportScreen.opened_on(page, "virus")
    key = report.submission_id
    report.presses_send()
    expect(report.error_summary).to_be_focused()
    assert page.title().startswith("Erreur\u00a0: ")
    report.error_summary.get_by_role("link").tap()
    expect(page.locator("#zone")).to_be_focused()
    assert report.submission_id == key
    report.types("description", "Une fenêtre étrange").sends()


def test_a_text_that_is_too_long_is_kept_whole(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = ReportScreen.opened_on(page).types("description", "é" * 20_001)
    report.presses_send()
    expect(report.error_summary).to_contain_text("trop long")
    assert len(report.typed("description")) == 20_001


def test_five_hasty_clicks_are_one_report(page: Page, kiosk: Kiosk) -> None:
    before = kiosk.count_reports()
    report = ReportScreen.opened_on(page).types("description", "Vite")
    journey.to_check(page)
    button = page.get_by_role("button", name="Envoyer")
    button.evaluate("button => { for (let click = 0; click < 5; click += 1) button.click(); }")
    ReceiptScreen.shown_on(report.page)
    assert kiosk.count_reports() == before + 1


def test_a_lost_answer_is_repeated_with_the_same_receipt(
    page: Page, kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    provoked()
    before = kiosk.count_reports()
    report = ReportScreen.opened_on(page).types("description", "Réseau capricieux")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/report/other", lose, times=1)
    report.presses_send()
    expect(report.not_saved).to_contain_text(NOT_SAVED)
    assert report.typed("description") == "Réseau capricieux"
    receipt = report.sends()
    assert receipt.follow_up_code
    assert kiosk.count_reports() == before + 1


@pytest.mark.parametrize("status", [400, 404, 413, 429, 500, 502, 503])
def test_an_error_answer_never_takes_the_text(status: int, page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = ReportScreen.opened_on(page).types("description", "Gardé")
    key = report.submission_id
    page.route("**/report/other", lambda route: route.fulfill(status=status, body="<h1>proxy</h1>"), times=1)
    report.presses_send()
    expect(report.not_saved).to_be_focused()
    expect(report.not_saved).to_contain_text(NOT_SAVED)
    assert ("trop long" in report.not_saved.inner_text()) == (status == 413)
    assert (report.typed("description"), report.submission_id) == ("Gardé", key)
    report.sends()


@pytest.mark.parametrize("status", [200, 403, 422])
def test_a_page_of_a_network_in_between_never_replaces_the_form(
    status: int, page: Page, provoked: Callable[[], None]
) -> None:
    provoked()
    report = ReportScreen.opened_on(page).types("description", "Gardé")
    portal = "<main id=screen>Sign in to this network</main>"
    page.route("**/report/other", lambda route: route.fulfill(status=status, body=portal), times=1)
    report.presses_send()
    expect(report.not_saved).to_contain_text(NOT_SAVED)
    assert report.typed("description") == "Gardé"
    report.sends()


def test_an_answer_that_never_comes_is_told_in_time(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    report = ReportScreen.opened_on(page).types("description", "Gardé")
    assert page.evaluate("htmx.config.timeout") == 10_000
    page.evaluate("htmx.config.timeout = 300")
    page.route("**/report/other", lambda route: None, times=1)
    report.presses_send()
    expect(report.not_saved).to_contain_text(NOT_SAVED)
    assert report.typed("description") == "Gardé"


def test_a_kiosk_that_is_restarted_while_somebody_writes_loses_nothing(
    browse: Browse, own_kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    report = ReportScreen.opened_on(browse(own_kiosk)).types("description", "Avant la panne")
    provoked()
    own_kiosk.kill()
    report.presses_send()
    expect(report.not_saved).to_contain_text(NOT_SAVED)
    own_kiosk.start()
    own_kiosk.wait_until_it_answers()
    receipt = report.sends()
    expect(receipt.transmission).to_contain_text("Transmis à")
    assert own_kiosk.count_reports() == 1


def test_a_contractor_finds_the_report_again_with_the_code(page: Page, provoked: Callable[[], None]) -> None:
    provoked()
    receipt = ReportScreen.opened_on(page).types("description", "MARKER-7261").sends()
    code, reference = receipt.follow_up_code, receipt.reference
    follow_up = receipt.finishes().looks_for_a_report().asks_with("0000-0000-0000-0000")
    expect(page.locator("#summary")).to_contain_text("Ce code n'est pas reconnu")
    follow_up.asks_with(code.lower())
    page.locator("[data-reference]").wait_for()
    assert follow_up.reference == reference
    assert "MARKER" not in follow_up.text


def test_a_keyboard_alone_is_enough(page: Page, kiosk: Kiosk) -> None:
    before = kiosk.count_reports()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name=re.compile("Autre incident")).press("Enter")
    for question in ("zone", "when", "about"):
        tab_to(page, f"#{question} input")
        page.keyboard.press("ArrowDown")
        tab_to(page, "[data-go-on]")
        page.keyboard.press("Enter")
    tab_to(page, "[data-details]")
    page.keyboard.press("Enter")
    tab_to(page, "#description")
    page.keyboard.type("Vu près du quai")
    tab_to(page, ".contact summary")
    page.keyboard.press("Enter")
    tab_to(page, "#telephone")
    page.keyboard.type("06 00 00 00 00")
    page.keyboard.press("Enter")
    tab_to(page, ".report-form [type=submit]")
    page.keyboard.press("Enter")
    receipt = ReceiptScreen.shown_on(page)
    assert kiosk.count_reports() == before + 1
    expect(page.get_by_role("heading", name="Enregistré")).to_be_focused()
    page.get_by_role("link", name="Terminer").press("Enter")
    page.locator(".tiles").wait_for()
    assert receipt.page.url.endswith("/fr/")


def tab_to(page: Page, target: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("target => document.activeElement?.matches(target)", target):
            return
    raise AssertionError(f"no way to {target} with the Tab key")
