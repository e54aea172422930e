"""Waiting in the browser: frames that were painted, a page that has arrived, a clock that stands still."""

from playwright.sync_api import Locator, Page, expect

from tests.waiting import until

# Answers in the next frame, after the events of that frame (a scroll among them); `page.clock` does not replace it.
FRAME = """() => new Promise(done => {
    const seen = new IntersectionObserver(() => {
        seen.disconnect();
        done();
    });
    seen.observe(document.documentElement);
})"""
AHEAD = 5.0  # seconds that the page's clock jumps when it is stopped: it cannot be stopped at a moment that has passed
STEP = 20  # milliseconds
SETTLING = 100  # milliseconds of the page's clock: what a swap still has to do, a scroll among it


def painted(page: Page, frames: int = 2) -> None:
    """Waits until two frames were painted: what a script did and what follows from it in the layout is done by then."""
    for _ in range(frames):
        page.evaluate(FRAME)


def arrived(page: Page) -> None:
    """Waits, after a step through the history, until the page shows something.

    A former page that the browser brought back alive is empty, and goes to the first page by itself.
    """
    if page.url != "about:blank":
        expect(page.locator("body > *").first).to_be_attached()


def stop_clock(page: Page) -> None:
    """Stops a clock that `page.clock.install` made, so that only `run_for` moves it, however slow the machine is.

    The time since the visitor's last sign of life is not known then: make one after this where it matters.
    """
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + AHEAD)


def run_clock_until(page: Page, shown: Locator) -> None:
    """Moves a stopped clock by small steps, for scripts that wait for it, until this is in sight."""

    def look() -> bool:
        page.clock.run_for(STEP)
        return shown.is_visible()

    until(look)


def walk_away(page: Page, seconds: int) -> None:
    """Moves the clock on, with nobody there: what the page still had to do comes first, for a late scroll counts."""
    page.clock.run_for(SETTLING)
    painted(page)
    page.clock.run_for(seconds * 1000 - SETTLING)
