"""The way through the form for whoever does not want to know how it is cut into screens.

With scripts the form is one question a screen, without them one plain page: every verb here works on both.
"""

from playwright.sync_api import Locator, Page, expect

STEPS = ("where", "when", "decisive", "check", "details")


def is_stepwise(page: Page) -> bool:
    return page.locator("html.stepwise #screen[data-at]").count() > 0


def step(page: Page) -> str:
    """The screen in sight: where, when, decisive, check or details; empty where all stand on one page."""
    return page.locator("#screen").get_attribute("data-at") or "" if is_stepwise(page) else ""


def go_on(page: Page) -> None:
    """« Continuer », or « Passer » where nothing was answered."""
    press(page.locator("[data-go-on]:visible, [data-skip]:visible"))


def go_back(page: Page) -> None:
    press(page.locator(".send-bar .back"))


def to_check(page: Page) -> None:
    """To the screen with « Envoyer », every question on the way left as it is."""
    for _ in STEPS:
        if step(page) in ("", "check"):
            return
        before = step(page)
        go_on(page)
        expect(page.locator("#screen")).not_to_have_attribute("data-at", before)
    raise AssertionError(f"no way to the check screen from {step(page)}")


def to(page: Page, wanted: str) -> None:
    """To a screen by our own buttons, over the check screen where it is not the next one."""
    if step(page) in ("", wanted):
        return
    to_check(page)
    if wanted == "details":
        press(page.locator("[data-details]"))
    elif wanted != "check":
        press(page.locator(f'[data-edit="{wanted}"]').first)
    expect(page.locator("#screen")).to_have_attribute("data-at", wanted)


def to_field(page: Page, field: str) -> None:
    """To the screen that holds the field or question with this id."""
    home = page.locator(f"[data-step]:has(#{field})")
    if is_stepwise(page) and not page.locator(f"#{field}").is_visible() and home.count():
        to(page, home.first.get_attribute("data-step") or "")


def send(page: Page) -> None:
    to_check(page)
    press(page.locator('.report-form [type="submit"]'))


def shortest(page: Page, kind: str) -> None:
    """From the tiles to the check screen: kind, where, when, one closed answer; « Envoyer » would be the fifth tap."""
    press(page.locator(f'.tile[href$="/report/{kind}"]'))
    page.wait_for_url(f"**/report/{kind}")
    for question in ("#zone", "#when", '[data-step="decisive"]'):
        press(page.locator(f"{question} .choice").first)


def press(target: Locator) -> None:
    """With a finger where the screen feels one, with a mouse elsewhere."""
    touch = target.page.evaluate("navigator.maxTouchPoints > 0")
    target.tap() if touch else target.click()
