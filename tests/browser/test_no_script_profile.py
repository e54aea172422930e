"""Where no script runs, a browser remembers the body of each POST whose page it shows; so none is shown.

Each visit ends in its own way; then every byte of the profile is searched, and again after a restart with the former
pages.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser.screens import FollowUpScreen, HomeScreen, ReceiptScreen, ReportScreen
from tests.browser.test_next_person import everything_on
from tests.browser.test_privacy_scan import FIELDS, MARKER, TELEPHONE, Lobby, a_lobby
from tests.waiting import until
from tests.web.contractor import Answer

pytestmark = [pytest.mark.whole_browser, pytest.mark.ci]

STEP = 3_000  # milliseconds


@pytest.fixture
def lobby(chromium: Browser) -> Iterator[Lobby]:
    with a_lobby(chromium) as made:
        yield made


@dataclass
class Visit:
    """``said``: what no byte of the profile may hold, and no page may show again."""

    page: Page
    lobby: Lobby
    said: list[str] = field(default_factory=lambda: [MARKER, TELEPHONE])

    def fills_every_field(self) -> ReportScreen:
        report = HomeScreen.opened_on(self.page).chooses("lost_access").answers("means", "smart_card").opens_contact()
        for typed in self.page.locator(FIELDS).all():
            typed.fill(TELEPHONE if typed.get_attribute("type") == "tel" else MARKER)
        self.said.append(report.submission_id)
        return report

    def gets(self, receipt: ReceiptScreen) -> ReceiptScreen:
        self.said += [receipt.reference, receipt.follow_up_code]
        return receipt

    def opens_a_report(self) -> None:
        code = Answer(*self.lobby.kiosk.post("/fr/report/theft", {"description": "vu"})).follow_up_code
        self.said.append(code)
        HomeScreen.opened_on(self.page).looks_for_a_report()
        FollowUpScreen(self.page).asks_with(code)
        self.page.locator(".standing").wait_for()

    def leaves(self) -> None:
        self.page.locator(".house").tap()
        self.page.locator(".tiles").wait_for()


def sends(visit: Visit) -> None:
    visit.gets(visit.fills_every_field().sends()).finishes()


def leaves_the_receipt(visit: Visit) -> None:
    visit.gets(visit.fills_every_field().sends())


def is_refused(visit: Visit) -> None:
    visit.fills_every_field().types("name", MARKER * 50).presses_send()
    visit.page.locator("#summary").wait_for()
    assert MARKER in everything_on(visit.page)
    visit.leaves()


def is_refused_and_sends_again(visit: Visit) -> None:
    report = visit.fills_every_field().types("name", MARKER * 50)
    report.presses_send()
    visit.page.locator("#summary").wait_for()
    visit.gets(report.types("name", MARKER).sends()).finishes()


def writes_far_too_much(visit: Visit) -> None:
    visit.fills_every_field().types("description", MARKER * 25_000).presses_send()
    visit.page.locator("h1", has_text="trop long").wait_for()
    visit.leaves()


def follows(visit: Visit) -> None:
    visit.opens_a_report()
    visit.leaves()


def adds(visit: Visit) -> None:
    visit.opens_a_report()
    visit.page.locator(".follow-up-acts summary").first.tap()
    visit.page.locator(".addition textarea:visible").fill(MARKER)
    visit.page.locator(".addition .send:visible").tap()
    visit.page.locator(".added").wait_for()
    visit.leaves()


def asks_with_a_wrong_code(visit: Visit) -> None:
    HomeScreen.opened_on(visit.page).looks_for_a_report()
    FollowUpScreen(visit.page).asks_with(MARKER)
    visit.page.locator("#summary").wait_for()
    visit.leaves()


Ending = Callable[[Visit], None]
ENDINGS: list[Ending] = [
    sends,
    leaves_the_receipt,
    is_refused,
    is_refused_and_sends_again,
    writes_far_too_much,
    follows,
    adds,
    asks_with_a_wrong_code,
]


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=pytest.mark.long)], ids=["closed", "killed"])
def test_no_body_of_a_post_lies_in_the_profile(killed: bool, lobby: Lobby) -> None:
    said: list[str] = []
    with lobby.browser(scripts=False) as context:
        for ending in ENDINGS:
            visit = Visit(context.new_page(), lobby)
            ending(visit)
            said += visit.said
        assert in_profile(lobby, "127.0.0.1"), "the browser writes down where it was"
        if killed:
            lobby.is_killed()
    assert in_profile(lobby, *said) == []
    with lobby.browser("--restore-last-session", "--hide-crash-restore-bubble", scripts=False) as context:
        assert [secret for secret in said if secret in shown_by(context)] == []
    assert in_profile(lobby, *said) == []


def shown_by(context: BrowserContext) -> str:
    """Every page that was open before, and those before it."""
    assert until(lambda: len(context.pages) >= len(ENDINGS))
    seen = ""
    for page in context.pages:
        for step in (page.reload, page.go_back, page.go_back):
            with suppress(Error):  # nothing before it, or a page that the browser would have to post again
                step(timeout=STEP)
            seen += everything_on(page)
    return seen


def in_profile(lobby: Lobby, *secrets: str) -> list[tuple[str, str]]:
    return [(name, secret) for name, secret in lobby.found_on_disk(*secrets) if not name.startswith("instance")]
