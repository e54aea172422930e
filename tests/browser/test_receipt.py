"""What is taken away from the terminal: on a telephone, on paper."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Browse
from tests.browser.screens import ReceiptScreen
from tests.processes import Kiosk

MILLIMETRE = 3.8  # CSS pixels on the terminal
POINT = 72 / 25.4  # to a millimetre
PAPERS = {"ticket": (80, 150), "a4": (210, 297)}
GREY = """async ([picture]) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  return [image.width, image.height, Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1])];
}"""

KIOSK_TOML = """
[[sites]]
id = "siege"
name = "Siège"
terminals = [{{ id = "hall", name = "Borne du hall", printer = "{paper}" }}]
"""

Printing = Callable[[str], Kiosk]


@pytest.fixture
def with_paper(tmp_path: Path, request: pytest.FixtureRequest) -> Printing:
    def start(paper: str) -> Kiosk:
        instance = tmp_path / "instance"
        instance.mkdir()
        (instance / "kiosk.toml").write_text(KIOSK_TOML.format(paper=paper), encoding="utf-8")
        kiosk = Kiosk("--demo", instance=instance)
        request.addfinalizer(kiosk.terminate)
        return kiosk

    return start


def receipt_on(page: Page, language: str = "fr") -> ReceiptScreen:
    """Sent the plain way, so that it does not matter how the form is cut into screens."""
    page.goto(f"/{language}/report/other")
    page.evaluate("document.querySelector('#description').value = 'Vu'")
    page.evaluate("document.querySelector('.report-form').requestSubmit()")
    return ReceiptScreen.shown_on(page)


def read(picture: Locator, reader: Page) -> zxingcpp.Barcode:
    """As a telephone before the screen would."""
    encoded = base64.b64encode(picture.screenshot()).decode()
    width, height, grey = reader.evaluate(GREY, [encoded])
    (found,) = zxingcpp.read_barcodes(memoryview(bytes(grey)).cast("B", (height, width)))
    return found


@pytest.mark.parametrize(
    ("language", "look"),
    [("fr", {}), ("ar", {}), ("fr", {"viewport": {"width": 1920, "height": 1080}}), ("fr", {"color_scheme": "dark"})],
    ids=str,
)
def test_a_telephone_keeps_reference_and_code_from_the_screen(
    language: str, look: dict[str, Any], browse: Browse, kiosk: Kiosk
) -> None:
    receipt = receipt_on(browse(kiosk, **look), language)
    qr = receipt.page.locator(".qr svg")
    found = read(qr, receipt.page.context.new_page())
    assert found.ec_level == "M"
    assert receipt.reference in found.text
    assert receipt.follow_up_code in found.text
    assert "CPCAM 13" in found.text
    assert "://" not in found.text
    box, modules = qr.bounding_box(), int((qr.get_attribute("viewBox") or "").split()[-1])
    assert box is not None
    assert box["width"] * (modules - 8) / modules / MILLIMETRE >= 30


def test_a_terminal_without_a_printer_offers_none(page: Page) -> None:
    receipt = receipt_on(page)
    assert page.locator("[data-print]").count() == 0
    assert "print." not in page.content()
    assert receipt.reference


@pytest.mark.parametrize("paper", PAPERS)
def test_the_paper_has_what_to_keep_and_nothing_else(paper: str, browse: Browse, with_paper: Printing) -> None:
    page = browse(with_paper(paper))
    receipt = receipt_on(page)
    expect(receipt.transmission).to_contain_text("Transmis à")
    code, transmission = receipt.follow_up_code, receipt.transmission.inner_text().splitlines()
    expect(page.get_by_role("button", name="Imprimer")).to_be_visible()
    sheet = page.pdf(prefer_css_page_size=True)
    (size,) = re.findall(rb"/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]", sheet)
    assert [round(float(points) / POINT) for points in size] == list(PAPERS[paper])
    page.emulate_media(media="print")
    lines = [line.strip() for line in page.locator("body").inner_text().splitlines() if line.strip()]
    assert lines[0] == "CPCAM 13 · Siège"
    assert re.fullmatch(r"Signalement du \d.*\d{4}", lines[1])
    assert lines[2:6] == ["Votre référence", receipt.reference, "Votre code de suivi, à garder pour vous", code]
    assert lines[6:8] == [line.strip() for line in transmission if line.strip()]
    assert lines[8].startswith("Quelqu'un doit s'en occuper au plus tard")
    assert re.fullmatch(r"Le responsable d'immeuble [\d ]+ Le suppléant [\d ]+", " ".join(lines[9:]))
    assert read(page.locator(".qr svg"), page.context.new_page()).text.count(code) == 1


def test_the_button_opens_the_printing_of_the_browser(browse: Browse, with_paper: Printing) -> None:
    page = browse(with_paper("ticket"))
    page.add_init_script("window.print = () => { document.title = 'printed' }")
    receipt_on(page)
    page.get_by_role("button", name="Imprimer").tap()
    expect(page).to_have_title("printed")


def test_without_scripts_there_is_no_button_that_could_do_nothing(browse: Browse, with_paper: Printing) -> None:
    page = browse(with_paper("a4"), java_script_enabled=False)
    page.goto("/fr/report/other")
    page.locator("#description").fill("Vu")
    page.locator('.report-form [type="submit"]').click()
    assert ReceiptScreen.shown_on(page).reference
    expect(page.locator("[data-print]")).to_be_hidden()
