"""Bytes and requests of pages, as a real Chromium counts them that has nothing in its cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from kiosk.store.base.connection import open_database
from tests.bench.bench import Bench
from tests.bench.measurement import Measurement
from tests.bench.servers import Ours, Outbox
from tests.bench.visitor import FIELDS, KIND
from tests.browser.conftest import FLAGS, PATIENCE_MS, chromium_path, shell_path
from tests.browser.screens import ReportScreen
from tests.staff import a_member, a_session

MISSING = "No Chromium, so nothing was counted: install it, or name yours in CHROMIUM."
COUNTED = "With headers, as a Chromium with an empty cache fetches it; of a receipt, what comes after its form."
TRANSMITTED = "#transmission:not([hx-post])"  # asks no more


class Traffic:
    """Requests and bytes of a page from its server; what its cache had is not counted."""

    def __init__(self, page: Page) -> None:
        self._fonts: set[str] = set()
        self.forget()
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._began)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def forget(self) -> None:
        self.bytes = self.bytes_without_fonts = self.requests = 0

    def _began(self, event: dict[str, Any]) -> None:
        if event["type"] == "Font":
            self._fonts.add(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
        self.bytes_without_fonts += 0 if event["requestId"] in self._fonts else int(event["encodedDataLength"])
        self.requests += event["encodedDataLength"] > 0


class Weight(Measurement):
    heading = "on the wire"
    once = True

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.notes = [COUNTED]

    def round(self) -> None:
        path = shell_path() or chromium_path()
        if path is None:
            self.notes = [MISSING]
            return
        # First: a relay is a fork, which would hold the pipes of Playwright's driver open for ever.
        ours, outbox = self._bench.ours, self._bench.outbox
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            try:
                self._count(chromium, ours, outbox)
            finally:
                chromium.close()

    def _count(self, chromium: Browser, kiosk: Ours, plain: Outbox) -> None:
        ours, outbox = (f"http://127.0.0.1:{server.requests.port}" for server in (kiosk, plain))
        first = counted(chromium, f"{ours}/")
        self._add("first page", first, "outbox: its home page", counted(chromium, f"{outbox}/"))
        form, receipt = kiosk_form_and_receipt(chromium, ours)
        its_form, its_receipt = outbox_form_and_receipt(chromium, outbox)
        self._add("form", form, "outbox: its form", its_form)
        self._add("receipt", receipt, "outbox: its receipt", its_receipt)
        self._add("console list", console_list(chromium, kiosk), "first page", first)

    def _add(self, page: str, ours: Traffic, by: str, theirs: Traffic) -> None:
        self.figure(f"bytes of the {page}", by, "kB").add(ours.bytes / 1000, theirs.bytes / 1000)
        without_fonts = ours.bytes_without_fonts / 1000, theirs.bytes_without_fonts / 1000
        self.figure(f"bytes of the {page}, fonts left out", by, "kB").add(*without_fonts)
        self.figure(f"requests of the {page}", by, "").add(ours.requests, theirs.requests)


@contextmanager
def opened(chromium: Browser, address: str, cookie: str = "") -> Iterator[tuple[Page, Traffic]]:
    with chromium.new_context(locale="fr-FR", reduced_motion="reduce") as context:
        if cookie:
            context.add_cookies([{"name": "kiosk", "value": cookie, "url": address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        traffic = Traffic(page)
        page.goto(address, wait_until="networkidle")
        yield page, traffic


def counted(chromium: Browser, address: str, cookie: str = "") -> Traffic:
    with opened(chromium, address, cookie) as (_, traffic):
        return traffic


def kiosk_form_and_receipt(chromium: Browser, origin: str) -> tuple[Traffic, Traffic]:
    form = counted(chromium, f"{origin}/fr/report/{KIND}")
    with opened(chromium, f"{origin}/fr/report/{KIND}") as (page, traffic):
        screen = ReportScreen(page).types("description", FIELDS["description"])
        traffic.forget()
        screen.sends()
        page.locator(TRANSMITTED).wait_for()
        return form, traffic


def outbox_form_and_receipt(chromium: Browser, origin: str) -> tuple[Traffic, Traffic]:
    form = counted(chromium, f"{origin}/report")
    with opened(chromium, f"{origin}/report") as (page, traffic):
        page.locator("#description").fill(FIELDS["description"])
        traffic.forget()
        page.get_by_role("button").click()
        page.locator("#thanks").wait_for()
        return form, traffic


def console_list(chromium: Browser, ours: Ours) -> Traffic:
    with open_database(ours.kiosk.database) as db:
        cookie = a_session(db, a_member(db))
    return counted(chromium, f"http://127.0.0.1:{ours.kiosk.staff}/", cookie)
