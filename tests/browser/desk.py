"""What happens at the console meanwhile, and where things stand on it."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.processes import Kiosk

TELEPHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def report(kiosk: Kiosk, kind: str = "virus", **said: str) -> str:
    """What a contractor sends meanwhile; its reference."""
    status, receipt = kiosk.post(f"/fr/report/{kind}", {"description": "Un message demande de l'argent", **said})
    assert status == 200
    return receipt.partition('data-reference="')[2][:11]


def card(page: Page, reference: str) -> Locator:
    return page.locator(f'[data-report="{reference}"]')


def opens(page: Page, reference: str) -> None:
    page.goto(f"/reports/{reference}")
    expect(page.locator("#report-status")).to_be_visible()
