"""One visit to one of the doors: what people do there, and what may happen meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from kiosk import clock
from kiosk.store.staff.passwords import hashed
from tests.browser import journey
from tests.browser.world import World
from tests.staff import UNUSABLE, a_member, a_session
from tests.web.contractor import Answer

# A form of a page that is not there, sent as a browser without scripts would.
POST = """([action, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("textarea"), { name, value, hidden: true }));
  }
  document.body.append(form);
  form.submit();
}"""
SEND_AS_IT_IS = "document.querySelector('.report-form').requestSubmit()"

# Moves the kiosk's clock away from the true time.
Later = Callable[[timedelta], None]


@dataclass
class Visit:
    """``language`` is that of the page in sight; a way that changes it says so."""

    world: World
    page: Page
    later: Later
    language: str = "fr"

    # The contractor's door

    def opens(self, path: str = "/", door: str = "public") -> None:
        self.page.goto(f"{self.world.origins[door]}/{self.language}{path}")

    def posts(self, path: str, door: str = "public", **fields: str) -> None:
        """The whole page that comes back."""
        address = f"{self.world.origins[door]}/{self.language}{path}"
        with self.page.expect_navigation():
            self.page.evaluate(POST, [address, fields])

    def sends(self, kind: str = "other", door: str = "public", words: str = "Vu") -> str:
        """From the form to its receipt without looking at the screens between; the id of the submission."""
        self.opens(f"/report/{kind}", door)
        identity = self.page.locator("input[name=submission_id]").input_value()
        self.page.evaluate("words => { document.querySelector('#description').value = words }", words)
        self.page.evaluate(SEND_AS_IT_IS)
        self.page.locator(".receipt").wait_for()
        return identity

    def asks_after(self, report: Answer) -> None:
        self.opens("/follow-up")
        self.asks_with(report.follow_up_code)
        self.page.locator(".standing").wait_for()

    def asks_with(self, code: str) -> None:
        self.page.locator("#code").fill(code)
        self.presses(".follow-up form .send")

    # The staff's door

    def signs_in(self, role: str = "manager", sites: tuple[str, ...] = (), password: str = "") -> str:
        """The name of the account."""
        secret = hashed(password) if password else UNUSABLE
        member = a_member(self.world.db, role, sites=sites, password_hash=secret)
        key = a_session(self.world.db, member, password_hash=secret)
        self.page.context.add_cookies([{"name": "kiosk", "value": key, "url": self.world.origins["staff"]}])
        return member.name

    def goes(self, path: str, door: str = "staff") -> None:
        self.page.goto(self.world.origins[door] + path)

    def taps(self, button: str) -> None:
        self.page.get_by_role("button", name=button).first.click()

    # Both

    def presses(self, *selectors: str) -> None:
        for selector in selectors:
            journey.press(self.sees(selector))

    def follows(self, selector: str) -> None:
        """To another page."""
        with self.page.expect_navigation():
            self.presses(selector)

    def sees(self, selector: str) -> Locator:
        found = self.page.locator(selector).locator("visible=true").first
        expect(found).to_be_visible()
        return found

    def waits(self, seconds: int) -> None:
        """On the browser's clock, where ``page.clock`` was installed."""
        self.page.clock.run_for(seconds * 1000)

    def moment(self) -> datetime:
        """On the kiosk's clock."""
        return clock.now()


Way = Callable[[Visit], Iterator[str]]
