"""The screens of the contractor's door, with verbs for what people do on them."""

from typing import Self

from playwright.sync_api import Locator, Page, expect

from tests.browser import journey
from tests.browser.waiting import run_clock_until, stop_clock


class Screen:
    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def text(self) -> str:
        return self.page.locator("#screen").inner_text()

    def _touch(self, target: Locator) -> None:
        journey.press(target)


class HomeScreen(Screen):
    @classmethod
    def opened_on(cls, page: Page) -> Self:
        page.goto("/")
        return cls(page)

    def chooses(self, kind: str) -> "ReportScreen":
        self._touch(self.page.locator(f'.tile[href$="/report/{kind}"]'))
        self.page.wait_for_url(f"**/report/{kind}")
        return ReportScreen(self.page)

    def looks_for_a_report(self) -> "FollowUpScreen":
        self._touch(self.page.get_by_role("link", name="Retrouver un signalement"))
        return FollowUpScreen(self.page)


class ReportScreen(Screen):
    @classmethod
    def opened_on(cls, page: Page, kind: str = "other") -> Self:
        page.goto(f"/fr/report/{kind}")
        return cls(page)

    def answers(self, question: str, choice: str) -> Self:
        journey.to_field(self.page, f"{question}-{choice}")
        self._touch(self.page.locator(f".choice:has(> #{question}-{choice})"))
        expect(self.page.locator(f"#{question}-{choice}")).to_be_checked()
        return self

    def types(self, field: str, text: str) -> Self:
        journey.to_field(self.page, field)
        self.page.locator(f"#{field}").fill(text)
        return self

    def opens_contact(self) -> Self:
        journey.to(self.page, "details")
        self._touch(self.page.locator(".contact summary"))
        return self

    def presses_send(self) -> None:
        journey.send(self.page)

    def sends(self) -> "ReceiptScreen":
        self.presses_send()
        return ReceiptScreen.shown_on(self.page)

    def sends_on_a_stopped_clock(self) -> "ReceiptScreen":
        """The receipt appears within a fiftieth of a second of the page's own time."""
        stop_clock(self.page)
        self.presses_send()
        run_clock_until(self.page, self.page.locator(".receipt"))
        return ReceiptScreen.shown_on(self.page)

    def shows_question(self, question: str) -> bool:
        return self.page.locator(f"#{question}").is_visible()

    def typed(self, field: str) -> str:
        return self.page.locator(f"#{field}").input_value()

    @property
    def submission_id(self) -> str:
        return self.page.locator('input[name="submission_id"]').input_value()

    @property
    def error_summary(self) -> Locator:
        return self.page.locator("#summary")

    @property
    def not_saved(self) -> Locator:
        return self.page.locator("[data-send-error]:visible, #notice")


class ReceiptScreen(Screen):
    @classmethod
    def shown_on(cls, page: Page) -> Self:
        page.locator(".receipt [data-reference]").wait_for()
        return cls(page)

    @property
    def reference(self) -> str:
        return self.page.locator("[data-reference]").get_attribute("data-reference") or ""

    @property
    def follow_up_code(self) -> str:
        return self.page.locator("[data-follow-up-code]").get_attribute("data-follow-up-code") or ""

    @property
    def transmission(self) -> Locator:
        return self.page.locator("#transmission")

    def finishes(self) -> HomeScreen:
        self._touch(self.page.get_by_role("link", name="Terminer"))
        self.page.locator(".tiles").wait_for()
        return HomeScreen(self.page)


class FollowUpScreen(Screen):
    def asks_with(self, code: str) -> Self:
        self.page.get_by_label("Votre code de suivi").fill(code)
        self._touch(self.page.get_by_role("button", name="Chercher"))
        return self

    @property
    def reference(self) -> str:
        return self.page.locator("[data-reference]").get_attribute("data-reference") or ""
