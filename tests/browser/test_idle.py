"""Whoever walks away from a half-written form is asked once, and then leaves nothing behind."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Browse
from tests.browser.judge import objections, sideways, smallest
from tests.browser.screens import HomeScreen, ReportScreen
from tests.browser.waiting import arrived, painted, run_clock_until, stop_clock, walk_away
from tests.processes import Kiosk

pytestmark = pytest.mark.whole_browser

MARKER = "MARKER-5518"
QUESTION = "[data-idle]"
MORE_TIME = "J'ai besoin de plus de temps"


@pytest.fixture
def page(browse: Browse, kiosk: Kiosk) -> Page:
    page = browse(kiosk)
    page.clock.install()
    return page


def half_written(page: Page) -> ReportScreen:
    """The last sign of life is a key that is pressed when the clock stands still: from then on only tests move it."""
    report = ReportScreen.opened_on(page).types("description", MARKER)
    painted(page)  # a field that is typed in scrolls into view, and a late scroll is a sign of life
    stop_clock(page)
    page.keyboard.press("Shift")
    return report


def asked(page: Page) -> Page:
    half_written(page)
    walk_away(page, 76)
    expect(page.locator(QUESTION)).to_be_visible()
    return page


def expect_tiles(page: Page) -> None:
    page.locator("main.home").wait_for()
    assert page.url.endswith("/fr/")


def test_nobody_is_asked_before_75_seconds(page: Page) -> None:
    half_written(page)
    walk_away(page, 74)
    expect(page.locator(QUESTION)).to_be_hidden()
    walk_away(page, 2)
    expect(page.get_by_role("alertdialog", name="Êtes-vous toujours là")).to_be_visible()
    expect(page.locator(QUESTION)).to_contain_text("sera effacé dans 30 secondes")
    expect(page.get_by_role("button", name=MORE_TIME)).to_be_focused()


def test_without_an_answer_the_form_is_wiped_half_a_minute_later(page: Page) -> None:
    asked(page)
    walk_away(page, 25)
    expect(page.locator(QUESTION)).to_be_visible()
    walk_away(page, 6)
    expect_tiles(page)
    page.go_back()
    arrived(page)
    assert MARKER not in page.content()


@pytest.mark.parametrize("times", [2, pytest.param(12, marks=pytest.mark.ci)])  # WCAG 2.2.1: ten at least
def test_more_time_is_given_as_often_as_somebody_asks_and_keeps_every_word(page: Page, times: int) -> None:
    report = half_written(page)
    for _ in range(times):
        walk_away(page, 76)
        page.get_by_role("button", name=MORE_TIME).tap()
        expect(page.locator(QUESTION)).to_be_hidden()
    walk_away(page, 70)
    expect(page.locator(QUESTION)).to_be_hidden()
    assert report.typed("description") == MARKER


def test_escape_stays_and_gives_the_focus_back(page: Page) -> None:
    half_written(page)
    page.locator("#description").focus()
    walk_away(page, 76)
    page.keyboard.press("Escape")
    expect(page.locator(QUESTION)).to_be_hidden()
    expect(page.locator("#description")).to_be_focused()
    walk_away(page, 70)
    expect(page.locator(QUESTION)).to_be_hidden()


def test_wipe_and_finish_does_so_at_once(page: Page) -> None:
    asked(page)
    page.get_by_role("button", name="Effacer et terminer").tap()
    expect_tiles(page)


def test_a_finger_on_its_way_when_the_question_appears_wipes_nothing(page: Page) -> None:
    half_written(page)
    page.evaluate("""() => {
        const show = HTMLDialogElement.prototype.showModal;
        HTMLDialogElement.prototype.showModal = function () {
            show.call(this);
            queueMicrotask(() => {
                const wipe = this.querySelector("[data-idle-leave]");
                const { x, y, width, height } = wipe.getBoundingClientRect();
                window.met = wipe.contains(document.elementFromPoint(x + width / 2, y + height / 2));
            });
        };
    }""")
    walk_away(page, 76)
    expect(page.locator(QUESTION)).to_be_visible()
    assert page.evaluate("met") is False


def test_the_focus_cannot_leave_the_question(page: Page) -> None:
    asked(page)
    for name in ("Effacer et terminer", MORE_TIME, "Effacer et terminer"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name=MORE_TIME)).to_be_focused()


@pytest.mark.parametrize("sign", ["a key", "a word of an on-screen keyboard", "a mouse", "a scroll", "a finger"])
def test_every_sign_of_life_counts(sign: str, page: Page) -> None:
    half_written(page)
    walk_away(page, 70)
    match sign:
        case "a key":
            page.keyboard.press("Shift")
        case "a word of an on-screen keyboard":
            page.locator("#description").dispatch_event("input")
        case "a mouse":
            page.mouse.move(300, 300)
        case "a scroll":
            page.evaluate("scrollTo(0, 300)")
            painted(page)
        case "a finger":
            page.get_by_role("heading", level=1).tap()
    walk_away(page, 70)
    expect(page.locator(QUESTION)).to_be_hidden()
    walk_away(page, 6)
    expect(page.locator(QUESTION)).to_be_visible()


def test_a_computer_that_slept_an_hour_wakes_without_the_text(page: Page) -> None:
    half_written(page)
    page.clock.fast_forward("01:00:00")
    expect_tiles(page)


def set_forward(page: Page, seconds: int) -> None:
    """As a time server does, or a computer that slept: the steady clock does not move."""
    page.evaluate(f"{{ const before = Date.now; Date.now = () => before() + {seconds * 1000} }}")


def test_the_first_touch_of_a_computer_just_woken_does_not_save_the_text(page: Page) -> None:
    """The question hides the page; nobody has to answer it."""
    half_written(page)
    set_forward(page, 3600)
    page.mouse.move(300, 300)
    expect(page.locator(QUESTION)).to_be_visible()
    walk_away(page, 31)
    expect_tiles(page)


@pytest.mark.parametrize("seconds", [120, 10 * 365 * 86_400])
def test_a_clock_that_is_set_forward_asks_before_it_wipes(page: Page, seconds: int) -> None:
    report = half_written(page)
    set_forward(page, seconds)
    walk_away(page, 1)
    expect(page.locator(QUESTION)).to_be_visible()
    set_forward(page, seconds)
    walk_away(page, 20)
    page.get_by_role("button", name=MORE_TIME).tap()
    expect(page.locator(QUESTION)).to_be_hidden()
    walk_away(page, 5)
    assert report.typed("description") == MARKER


def test_a_clock_that_is_set_back_saves_nothing_either(page: Page) -> None:
    half_written(page)
    page.evaluate("const before = Date.now; Date.now = () => before() - 3600e3")
    walk_away(page, 76)
    expect(page.locator(QUESTION)).to_be_visible()


def test_tiles_in_another_language_turn_french_again_without_a_question(page: Page) -> None:
    page.goto("/ar/")
    walk_away(page, 76)
    expect_tiles(page)
    walk_away(page, 120)
    expect(page.locator(QUESTION)).to_be_hidden()
    assert HomeScreen(page).heading == "Signaler un incident de sécurité"


def test_a_code_half_typed_is_wiped_too(page: Page) -> None:
    page.goto("/ar/follow-up")
    page.locator("#code").fill("7K4M")
    walk_away(page, 76)
    expect(page.locator(QUESTION)).to_be_visible()
    walk_away(page, 31)
    expect_tiles(page)


def test_the_question_also_comes_after_the_language_was_changed(page: Page) -> None:
    report = half_written(page)
    page.get_by_role("button", name="English").tap()
    run_clock_until(page, page.locator("html[lang='en-GB']"))
    page.wait_for_url("**/en/report/other")
    walk_away(page, 76)
    expect(page.get_by_role("alertdialog", name="Are you still there?")).to_be_visible()
    page.get_by_role("button", name="I need more time").tap()
    assert report.typed("description") == MARKER


@pytest.mark.parametrize("look", [{}, {"viewport": {"width": 1920, "height": 1080}}], ids=str)
def test_the_question_keeps_nobody_out(look: dict[str, object], browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, **look)
    page.clock.install()
    asked(page)
    page.clock.resume()  # axe waits by the page's clock
    assert objections(page) == []
    assert sideways(page) <= 0
    assert smallest(page, "[data-idle] .button") >= 56
    box = page.locator(QUESTION).bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert (box["width"], box["height"]) == (page.viewport_size["width"], page.viewport_size["height"])


def test_the_ring_stands_still_for_those_who_want_no_motion(browse: Browse, kiosk: Kiosk) -> None:
    running = "document.querySelector('.idle-rest').getAnimations().length"
    for motion, count in (("reduce", 0), ("no-preference", 1)):
        page = browse(kiosk, reduced_motion=motion)
        page.clock.install()
        assert asked(page).evaluate(running) == count
        page.clock.run_for(3_000)
        assert int(page.locator("[data-idle-left]").inner_text()) <= 28


def test_the_time_is_a_setting(browse: Browse, tmp_path_factory: pytest.TempPathFactory) -> None:
    instance = tmp_path_factory.mktemp("patient") / "instance"
    with Kiosk("--demo", instance=instance, environment={"KIOSK_WEB__IDLE": "120"}) as patient:
        page = browse(patient)
        page.clock.install()
        half_written(page)
        walk_away(page, 119)
        expect(page.locator(QUESTION)).to_be_hidden()
        walk_away(page, 2)
        expect(page.locator(QUESTION)).to_be_visible()
