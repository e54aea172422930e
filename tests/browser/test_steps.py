"""One thing a screen: how a contractor gets from the tiles to « Envoyer » when scripts run."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from kiosk.domain.catalogue import KINDS
from tests.browser import journey
from tests.browser.conftest import Browse
from tests.browser.screens import HomeScreen, ReceiptScreen, ReportScreen
from tests.processes import Kiosk

LANDSCAPE: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}, "has_touch": False}
HEADINGS = {
    "where": "À quel endroit",
    "when": "Quand l'avez-vous remarqué",
    "decisive": "De quoi s'agit-il",
    "check": "Vérifiez, puis envoyez",
    "details": "Précisions",
}


def answer(page: Page, choice: str) -> None:
    journey.press(page.locator(f".choice:has(> #{choice})"))


def at_check(page: Page, kind: str = "other") -> Page:
    HomeScreen.opened_on(page)
    journey.shortest(page, kind)
    expect_step(page, "check")
    return page


def expect_step(page: Page, step: str) -> None:
    expect(page.locator("#screen")).to_have_attribute("data-at", step)


def said(page: Page) -> list[str]:
    return [" ".join(words.split()) for words in page.locator("[data-said]").all_inner_texts()]


@pytest.mark.parametrize("kind", KINDS)
def test_five_taps_without_a_word_lead_from_the_tiles_to_the_receipt(kind: str, page: Page) -> None:
    taps: list[Locator] = []
    HomeScreen.opened_on(page)
    for target in (
        f'.tile[href$="/report/{kind}"]',
        "#zone .choice",
        "#when .choice",
        '[data-step="decisive"] .choice',
        ".send",
    ):
        taps.append(page.locator(f"{target}:visible").first)
        taps[-1].tap()
    assert ReceiptScreen.shown_on(page).reference
    assert len(taps) == 5


@pytest.mark.parametrize("size", [{}, LANDSCAPE], ids=["terminal", "landscape"])
def test_every_screen_asks_one_thing_and_says_how_far_one_is(
    size: dict[str, Any], browse: Browse, kiosk: Kiosk
) -> None:
    page = browse(kiosk, **size)
    HomeScreen.opened_on(page)
    journey.press(page.locator('.tile[href$="/report/other"]'))
    for number, (step, choice) in enumerate(
        (("where", "zone-zone-2"), ("when", "when-today"), ("decisive", "about-person"))
    ):
        expect_step(page, step)
        expect(page.locator(".steps h2:visible")).to_have_text(re.compile(HEADINGS[step]))
        expect(page.locator(".progress:visible")).to_have_text(f"Étape {number + 1} sur 4")
        answer(page, choice)
    expect(page.locator(".progress:visible")).to_have_text("Étape 4 sur 4")
    assert said(page) == ["Bureaux", "Aujourd'hui", "Personne inconnue"]


def test_a_new_screen_is_announced_and_begins_at_its_top(page: Page) -> None:
    at_check(page)
    for step, go in (
        ("details", lambda: page.locator("[data-details]").tap()),
        ("check", lambda: journey.go_back(page)),
    ):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        go()
        expect(page.get_by_role("heading", name=HEADINGS[step])).to_be_focused()
        assert page.evaluate("scrollY") == 0
    journey.go_back(page)
    heading = page.get_by_role("heading", name=HEADINGS["decisive"])
    expect(heading).to_be_focused()
    expect(heading).to_have_accessible_description("Étape 3 sur 4")


def test_back_and_on_keep_every_answer(page: Page) -> None:
    at_check(page)
    for step in ("decisive", "when", "where"):
        journey.go_back(page)
        expect_step(page, step)
    expect(page.locator("#zone-zone-1")).to_be_checked()
    for step in ("when", "decisive", "check"):
        expect(page.get_by_role("button", name="Continuer")).to_be_visible()
        journey.go_on(page)
        expect_step(page, step)
    assert said(page) == ["Hall d'accueil", "À l'instant", "Personne inconnue"]


def test_every_question_can_be_passed_and_an_unanswered_one_says_so(page: Page) -> None:
    ReportScreen.opened_on(page)
    for _ in range(3):
        page.get_by_role("button", name="Passer").tap()
    assert page.locator("[data-unsaid]:visible").all_inner_texts() == ["Sans réponse"] * 3
    page.get_by_role("button", name="Modifier : À quel endroit").tap()
    answer(page, "zone-zone-4")
    expect_step(page, "check")
    assert said(page)[0] == "Archives"


def test_every_line_can_be_changed_and_comes_back(page: Page) -> None:
    report = ReportScreen(at_check(page)).types("description", "Vu au 2e\nprès de l'ascenseur")
    report.answers("called", "no_answer")
    journey.to_check(page)
    assert said(page)[0] == "Pas de réponse"
    assert "Vu au 2e près de l'ascenseur" in said(page)
    for line, field in (("Ce que vous avez vu", "#description"), ("Avez-vous joint", "#called")):
        page.get_by_role("button", name=re.compile(f"Modifier : {line}")).tap()
        expect(page.locator(field)).to_be_focused()
        journey.go_on(page)
        expect_step(page, "check")
    page.get_by_role("button", name=re.compile("Modifier : Quand")).tap()
    journey.go_back(page)
    expect_step(page, "check")
    page.get_by_role("button", name=re.compile("Modifier : Quand")).tap()
    answer(page, "when-yesterday")
    expect_step(page, "check")
    assert said(page)[2] == "Hier"


def test_another_date_waits_to_be_typed_and_is_shown_as_a_date(page: Page) -> None:
    report = ReportScreen.opened_on(page).answers("zone", "unknown").answers("when", "at")
    expect_step(page, "when")
    report.types("when_date", "2026-11-19").types("when_time", "14:30")
    journey.to_check(page)
    assert said(page)[:2] == ["Je ne sais pas", "19 novembre 2026 · 14:30"]
    report.answers("when", "today")
    expect_step(page, "check")
    assert said(page)[1] == "Aujourd'hui"


def test_an_arrow_key_only_looks_enter_and_space_take(page: Page) -> None:
    ReportScreen.opened_on(page)
    page.locator("#zone-zone-1").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#zone-zone-3")).to_be_checked()
    expect_step(page, "where")
    page.keyboard.press("Enter")
    expect_step(page, "when")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect_step(page, "decisive")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect_step(page, "decisive")
    page.get_by_role("button", name="Continuer").press("Enter")
    expect_step(page, "check")
    assert said(page) == ["Local technique", "À l'instant", "Appel ou demande suspecte"]


def test_enter_in_a_field_never_sends(page: Page, kiosk: Kiosk) -> None:
    before = kiosk.count_reports()
    report = ReportScreen(at_check(page)).types("place", "Niveau 2")
    page.locator("#place").press("Enter")
    expect_step(page, "check")
    report.types("description", "Vu").page.locator("#description").press("Enter")
    expect_step(page, "details")
    assert report.typed("description") == "Vu\n"
    assert kiosk.count_reports() == before


# What a finger would meet where the middle of an element is, at once and half a second later.
MEETS = """element => {
  const box = element.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const met = () => document.elementFromPoint(x, y).closest(".choice, .button");
  return [met(), new Promise(resolve => setTimeout(() => resolve(met()), 500))];
}"""


def test_the_second_of_two_hasty_taps_meets_nothing(page: Page) -> None:
    ReportScreen.opened_on(page)
    ways = [
        ("#zone-zone-1", "#when-now"),
        ("#when-now", "#about-person"),
        ("#about-person", ".report-form [type=submit]"),
    ]
    for tapped, below in ways:
        page.locator(tapped).wait_for()
        met = f"""async ([tapped, below]) => {{
          document.querySelector(tapped).click();
          const element = document.querySelector(below).closest('.choice, .button');
          const [now, later] = ({MEETS})(element);
          return [now === null, await later === element];
        }}"""
        assert page.evaluate(met, [tapped, below]) == [True, True], below
    expect_step(page, "check")


def test_two_hasty_taps_on_send_still_show_the_receipt(page: Page, kiosk: Kiosk) -> None:
    before = kiosk.count_reports()
    at_check(page)
    met = f"""() => new Promise(resolve => document.addEventListener('htmx:afterSettle', async () => {{
      const end = document.querySelector('.receipt a.send');
      if (!end) return;
      end.scrollIntoView();
      const [now, later] = ({MEETS})(end);
      resolve([now === null, await later === end]);
    }}))"""
    button = page.get_by_role("button", name="Envoyer")
    assert button.evaluate(f"button => {{ const met = ({met})(); button.click(); button.click(); return met; }}") == [
        True,
        True,
    ]
    assert ReceiptScreen.shown_on(page).reference
    assert kiosk.count_reports() == before + 1


@pytest.mark.whole_browser
def test_steps_leave_the_history_alone(page: Page) -> None:
    HomeScreen.opened_on(page).chooses("other")
    before, address = page.evaluate("history.length"), page.url
    journey.to(page, "details")
    assert (page.evaluate("history.length"), page.url) == (before, address)
    page.go_back()
    page.locator(".tiles").wait_for()


def test_cancel_leads_to_the_tiles_from_every_screen(page: Page) -> None:
    ReportScreen(at_check(page)).types("description", "Finalement non")
    page.get_by_role("link", name="Annuler").tap()
    page.locator(".tiles").wait_for()
    assert HomeScreen(page).heading == "Signaler un incident de sécurité"


@pytest.mark.parametrize("step", journey.STEPS)
def test_a_change_of_language_comes_back_to_the_same_screen(step: str, page: Page) -> None:
    report = ReportScreen.opened_on(page).types("description", "حقيبة").answers("zone", "zone-3")
    journey.to(page, step)
    page.get_by_role("button", name="العربية").tap()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect_step(page, step)
    expect(page.locator(f'[data-step="{step}"] [data-heading]')).to_be_focused()
    journey.to_check(page)
    assert said(page)[0].startswith("غرفة تقنية")
    assert report.typed("description") == "حقيبة"


def test_a_line_under_change_returns_to_the_check_after_a_change_of_language(page: Page) -> None:
    at_check(page)
    page.get_by_role("button", name=re.compile("Modifier : À quel endroit")).tap()
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")
    answer(page, "zone-zone-5")
    expect_step(page, "check")


def test_help_unfolds_without_leaving_the_screen(page: Page) -> None:
    ReportScreen.opened_on(page).answers("zone", "zone-2")
    page.locator(".help-here summary", has_text="Vos données").tap()
    expect(page.get_by_role("heading", name="Qui lit un signalement")).to_be_visible()
    expect_step(page, "when")
    answer(page, "when-now")
    expect_step(page, "decisive")


def test_a_refused_text_is_one_tap_from_its_error_and_one_from_sending(
    page: Page, provoked: Callable[[], None]
) -> None:
    provoked()
    report = ReportScreen(at_check(page))
    report.opens_contact().types("name", "é" * 501).presses_send()
    expect(report.error_summary).to_be_focused()
    message = report.error_summary.get_by_role("link").inner_text()
    report.error_summary.get_by_role("link").tap()
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#name-error")).to_contain_text(message)
    report.types("name", "A. Martin").sends()


def test_whoever_waits_is_told_so(page: Page) -> None:
    at_check(page)
    held: list[Route] = []
    page.route("**/report/other", lambda route: held.append(route), times=1)
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_role("status").filter(has_text="met du temps")).to_be_visible()
    held[0].continue_()
    assert ReceiptScreen.shown_on(page).reference


def test_screens_come_calmly_and_without_motion_for_whoever_wants_none(browse: Browse, kiosk: Kiosk) -> None:
    moving = "document.querySelector('[data-step=when]').getAnimations().length"
    for motion, count in (("reduce", 0), ("no-preference", 1)):
        page = browse(kiosk, reduced_motion=motion)
        ReportScreen.opened_on(page).answers("zone", "zone-2")
        assert page.evaluate(moving) == count
