"""Those who judge every page would find what is wrong with one."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import TERMINAL, Watch
from tests.browser.judge import beyond, foreign_words, objections
from tests.processes import Kiosk
from tests.waiting import until

WIDE = "document.querySelector('h1').insertAdjacentHTML('afterend', '<p id=wide>Beyond</p>')"


def test_axe_finds_an_image_without_words_and_letters_without_contrast(page: Page) -> None:
    page.goto("/")
    assert objections(page) == []
    page.evaluate("document.querySelector('main').append(new Image())")
    page.evaluate("document.querySelector('main h2').style.color = '#ddd'")
    assert {rule for rule, _ in objections(page)} == {"image-alt", "color-contrast"}


@pytest.mark.parametrize("how", ["width: 200vw", "position: fixed; left: 90vw; width: 50vw", "margin-left: -9rem"])
def test_what_reaches_beyond_the_screen_is_found(how: str, page: Page) -> None:
    page.goto("/")
    assert beyond(page) == []
    page.evaluate(WIDE)
    page.evaluate("how => { document.querySelector('#wide').style.cssText = how }", how)
    assert any("wide" in found for found in beyond(page))


def test_words_of_another_language_are_found(page: Page) -> None:
    page.goto("/ar/")
    assert foreign_words(page, "ar") == []
    assert foreign_words(page, "fr") == ["the page calls its language otherwise"]
    page.evaluate("document.querySelector('h1').textContent = 'Envoyer'")
    assert foreign_words(page, "ar") == ["Envoyer", "Envoyer"], "as French that was not translated, and as Latin"


@pytest.mark.parametrize(
    "deed",
    [
        "console.error('oh')",
        "console.warn('oh')",
        "setTimeout(() => { throw new Error('oh') })",
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')",
        "document.head.append(Object.assign(document.createElement('script'), { textContent: '1' }))",
        "fetch('http://localhost:9/').catch(() => {})",
        "document.body.append(Object.assign(new Image(), { src: 'http://localhost:9/a.png' }))",
    ],
)
def test_what_a_page_may_not_do_is_noticed(deed: str, chromium: Browser, kiosk: Kiosk) -> None:
    origin = f"http://127.0.0.1:{kiosk.public}"
    context = chromium.new_context(base_url=origin, **TERMINAL)
    page = context.new_page()
    watch = Watch(page, origin)
    watch.provoked = True
    page.goto("/")
    watch.check()
    page.evaluate(f"{{ {deed} }}")
    until(lambda: page.evaluate("true") and has_noticed(watch))  # the browser tells us while it answers
    context.close()


def has_noticed(watch: Watch) -> bool:
    try:
        watch.check()
    except AssertionError:
        return True
    return False
