"""Takes the pictures of the README: python -m tests.browser.screenshots [FOLDER]"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, TERMINAL, chromium_path
from tests.browser.screens import HomeScreen, ReportScreen
from tests.processes import ROOT, Kiosk


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as workplace,
        Kiosk("--demo", instance=Path(workplace) / "instance") as kiosk,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        context = browser.new_context(base_url=f"http://127.0.0.1:{kiosk.public}", **TERMINAL)
        take_all(context.new_page(), folder)
        browser.close()


def take_all(page: Page, folder: Path) -> None:
    HomeScreen.opened_on(page)
    expect(page.locator(".readiness-ready")).to_be_visible()
    take(page, folder / "home.png")
    report = ReportScreen.opened_on(page, "lost_access")
    take(page, folder / "form.png")
    report.answers("zone", "zone-2").answers("when", "today").answers("how", "lost")
    receipt = report.sends()
    expect(receipt.transmission).to_contain_text("Transmis à")
    take(page, folder / "receipt.png")


def take(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs")
