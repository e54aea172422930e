"""Telephone numbers that an operator wrote: whole and apart from each other on every screen and on a ticket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Browse
from tests.browser.test_receipt import receipt_on
from tests.processes import Kiosk

KIOSK_TOML = """
[web]
proxy = "127.0.0.1"
[[sites]]
id = "siege"
name = "Siège"
terminals = [{ id = "hall", name = "Borne du hall", printer = "ticket" }]
[[audiences]]
id = "manager"
role = "manager"
name = "Responsable d'immeuble"
telephone = "04 65 71 00 01 ou 06 12 34 56 78 (nuit et week-end, après 20 h)"
[[audiences]]
id = "deputy"
role = "deputy"
name = "Suppléant"
telephone = "+33 (0)4 65 71 00 02 poste 4512 / +33 6 12 34 56 79, sinon voir à l'accueil"
[[audiences]]
id = "referent"
role = "referent"
name = "Référent"
telephone = "0465710003/04"
"""
NUMBERS = 6
SIZES = [(1080, 1920), (1920, 1080), (390, 844), (320, 640)]
FAULTS = """() => {
  const seen = (found) => [...document.querySelectorAll(found)].filter((each) => each.checkVisibility());
  const numbers = seen('.phone-number bdi[dir="ltr"]');
  const faults = numbers.flatMap((number) => {
    const box = number.getBoundingClientRect();
    const parts = [];
    if (number.getClientRects().length !== 1) parts.push("wraps");
    for (let around = number.parentElement; around !== document.documentElement; around = around.parentElement) {
      const edge = around.getBoundingClientRect();
      if (getComputedStyle(around).display !== "inline" && (box.left < edge.left - 1 || box.right > edge.right + 1)) {
        parts.push(`leaves ${around.className || around.tagName}`);
      }
    }
    return parts.map((part) => `${number.textContent} ${part}`);
  });
  const pieces = seen('.phones .pictogram, .phone > span:not(.phone-number), .phone-number bdi');
  const boxes = pieces.flatMap((piece) => [...piece.getClientRects()].map((box) => [piece, box]));
  for (const [one, a] of boxes) for (const [other, b] of boxes) {
    const apart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 6 || b.bottom <= a.top + 6;
    if (one !== other && !apart) faults.push(`${one.textContent} covers ${other.textContent}`);
  }
  return [numbers.length, faults];
}"""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    instance: Path = tmp_path_factory.mktemp("telephones") / "instance"
    instance.mkdir()
    (instance / "kiosk.toml").write_text(KIOSK_TOML, encoding="utf-8")
    with Kiosk("--no-forwarder", instance=instance) as kiosk:
        yield kiosk


def faults(page: Page, *, least: int) -> list[str]:
    found: Any = page.evaluate(FAULTS)
    count, seen = found
    assert count >= least, "no number is shown"
    return list(seen)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("display", ["?display=large", pytest.param("", marks=pytest.mark.long)])
def test_no_number_is_cut_wrapped_or_covered(
    size: tuple[int, int], language: str, display: str, calls: Kiosk, browse: Browse
) -> None:
    page = browse(calls, viewport={"width": size[0], "height": size[1]})
    page.goto(f"/{language}/help/contacts{display}")
    assert faults(page, least=NUMBERS) == []
    page.goto(f"/{language}/report/lost_access{display}")
    assert faults(page, least=NUMBERS) == []
    page.evaluate("document.querySelector('#description').value = 'Vu'")
    page.evaluate("document.querySelector('.report-form').requestSubmit()")
    page.locator("[data-reference]").wait_for()
    assert faults(page, least=NUMBERS) == []


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_ticket_has_every_number_whole(language: str, calls: Kiosk, browse: Browse) -> None:
    page = browse(calls)
    receipt_on(page, language)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 272, "height": 560})  # 72 mm
    assert faults(page, least=4) == []


def test_a_visitors_telephone_has_a_link_that_a_finger_meets(calls: Kiosk, browse: Browse) -> None:
    visitor = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "http"}
    page = browse(calls, viewport={"width": 390, "height": 844}, extra_http_headers=visitor)
    page.goto("/fr/help/contacts")
    links = page.locator('main a[href^="tel:"]')
    assert links.count() == NUMBERS
    assert all((link.bounding_box() or {"height": 0})["height"] >= 24 for link in links.all())
