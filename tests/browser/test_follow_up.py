"""Somebody comes back with nothing but the code: at any screen, in any language, with scripts and without."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from kiosk import clock
from kiosk.domain.roles import Actor
from kiosk.reporting.reply import reply
from kiosk.store.base.connection import open_database
from tests.browser.conftest import Browse
from tests.browser.judge import smallest
from tests.browser.test_next_person import everything_on, walk_the_history
from tests.browser.waiting import walk_away
from tests.processes import Kiosk
from tests.web.contractor import Answer

MARKER = "MARKER-4411"
LANDSCAPE = {"viewport": {"width": 1920, "height": 1080}, "has_touch": False}
LOOKS: list[tuple[str, dict[str, Any]]] = [("fr", {}), ("ar", LANDSCAPE)]


@pytest.fixture
def receipt(kiosk: Kiosk) -> Answer:
    return Answer(*kiosk.post("/fr/report/lost_access", {"description": "MARKER-7261", "submission_id": str(uuid4())}))


@pytest.fixture
def answered(kiosk: Kiosk, receipt: Answer) -> Answer:
    with open_database(kiosk.database) as db:
        who = Actor("m.durand", "Michel Durand", "manager")
        reply(db, receipt.reference, "Merci.\nUn nouveau badge vous attend.", actor=who, now=clock.now())
    return receipt


class FollowedScreen:
    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def opened_with(cls, page: Page, code: str, language: str = "fr") -> "FollowedScreen":
        page.goto(f"/{language}/follow-up")
        page.locator("#code").fill(code)
        page.locator(".follow-up form .send").click()
        page.locator(".standing [data-reference]").wait_for()
        return cls(page)

    def unfolds(self, number: int) -> "FollowedScreen":
        self.page.locator(".follow-up-acts summary").nth(number).click()
        return self

    def types(self, text: str) -> "FollowedScreen":
        self.page.locator(".addition textarea:visible").fill(text)
        return self

    def adds(self) -> None:
        self.page.locator(".addition .send:visible").click()

    @property
    def added(self) -> Any:
        return self.page.locator(".added")


@pytest.mark.parametrize(("language", "look"), LOOKS, ids=str)
def test_everything_to_touch_in_a_followed_report_is_large_and_no_word_of_it_comes_back(
    language: str, look: dict[str, Any], browse: Browse, kiosk: Kiosk, answered: Answer, provoked: Callable[[], None]
) -> None:
    page = browse(kiosk, **look)
    provoked()
    for _ in states(page, answered.follow_up_code, language):
        assert smallest(page, ".follow-up .button, .follow-up summary") >= 56
        assert "MARKER" not in page.content()


def states(page: Page, code: str, language: str) -> Iterator[None]:
    screen = FollowedScreen.opened_with(page, code, language)
    yield
    screen.unfolds(1).unfolds(0)
    yield
    page.locator(".addition .send").first.click()
    page.locator("#summary").wait_for()
    expect(page.locator("#summary")).to_be_focused()
    yield
    screen.types("Porte B")
    screen.adds()
    expect(screen.added).to_be_visible()
    expect(page.locator("#addition-transmission:not([hx-trigger])")).to_be_visible()
    yield
    screen.unfolds(1)
    screen.adds()
    expect(page.locator(".follow-up-acts details")).to_have_count(1)
    yield


def test_what_was_replied_and_added_is_gone_with_reload_and_back(page: Page, answered: Answer) -> None:
    screen = FollowedScreen.opened_with(page, answered.follow_up_code).unfolds(0).types(MARKER)
    expect(page.locator(".reply-text")).to_contain_text("Un nouveau badge")
    screen.adds()
    expect(page.get_by_role("heading", name="Ajouté")).to_be_focused()
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.reload()
    page.locator(".tiles").wait_for()
    seen = everything_on(page) + walk_the_history(page)
    for secret in (MARKER, "nouveau badge", answered.follow_up_code, answered.reference):
        assert secret not in seen
    assert posts == []


def test_a_text_half_typed_is_asked_about_and_then_wiped(page: Page, receipt: Answer) -> None:
    page.clock.install()
    FollowedScreen.opened_with(page, receipt.follow_up_code).unfolds(0).types(MARKER)
    walk_away(page, 76)
    expect(page.locator("[data-idle]")).to_be_visible()
    walk_away(page, 31)
    page.locator(".tiles").wait_for()
    assert MARKER not in walk_the_history(page)


def test_a_kiosk_that_does_not_answer_keeps_the_words(
    browse: Browse, own_kiosk: Kiosk, provoked: Callable[[], None]
) -> None:
    page = browse(own_kiosk)
    provoked()
    receipt = Answer(*own_kiosk.post("/fr/report/theft", {"description": "x"}))
    screen = FollowedScreen.opened_with(page, receipt.follow_up_code).unfolds(0).types(MARKER)
    own_kiosk.kill()
    screen.adds()
    expect(page.locator("[data-send-error]:visible")).to_contain_text("Pas encore ajouté.")
    assert page.locator(".addition textarea:visible").input_value() == MARKER
    own_kiosk.start()
    own_kiosk.wait_until_it_answers()
    screen.adds()
    expect(screen.added).to_be_visible()


def test_without_scripts_it_works_the_same(
    browse: Browse, kiosk: Kiosk, answered: Answer, provoked: Callable[[], None]
) -> None:
    page = browse(kiosk, java_script_enabled=False)
    provoked()
    screen = FollowedScreen.opened_with(page, answered.follow_up_code.lower().replace("-", " "))
    expect(page.locator(".reply-text")).to_contain_text("Un nouveau badge")
    screen.unfolds(0).types("Porte B")
    screen.adds()
    expect(screen.added).to_be_visible()
    page.reload()
    expect(page.locator("h1")).to_have_text("Cette page n'est plus montrée")
    FollowedScreen.opened_with(page, answered.follow_up_code).unfolds(1).adds()
    expect(page.locator(".standing")).to_contain_text("Retrouvé")
    with open_database(kiosk.database) as db:
        query = "SELECT count(*) FROM additions JOIN reports ON reports.id = report_id WHERE reference = ?"
        assert db.execute(query, (answered.reference,)).fetchone()[0] == 2


def test_keys_alone_are_enough(page: Page, receipt: Answer) -> None:
    page.goto("/fr/follow-up")
    page.locator("#code").focus()
    page.keyboard.type(receipt.follow_up_code)
    page.keyboard.press("Enter")
    page.locator(".standing").wait_for()
    page.locator(".follow-up-acts summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Porte B")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ajouté")).to_be_focused()
