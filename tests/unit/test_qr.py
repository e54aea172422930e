"""A QR code that other people's readers read, and that costs next to nothing."""

import hashlib
import re

import pytest
import zxingcpp

from kiosk.web.shared.qr import QrCode, qr_code

KEEPSAKE = (
    "CPCAM 13\nSignalement 7K4-92Q-MX3\nCode de suivi : ABCD-EFGH-JKMN-PQRS\nÀ une borne : « Retrouver un signalement »"
)
ARABIC = "بلاغ 7K4-92Q-MX3\nرمز المتابعة: ABCD-EFGH-JKMN-PQRS"
SCALE, QUIET = 4, 4


def drawn(code: QrCode) -> list[list[int]]:
    """The picture that the path draws, quiet zone included: 0 for dark, 255 for light."""
    side = code.size + 2 * QUIET
    modules = [[255] * side for _ in range(side)]
    for row, line in enumerate(code.path.split("M")[1:]):
        start, pen = re.match(r"0 (\d+)\.5", line), 0
        assert start is not None
        assert int(start[1]) == row
        for moved, stroke in re.findall(r"m(\d+) 0|h(\d+)", line[start.end() :]):
            if stroke:
                modules[row + QUIET][pen + QUIET : pen + QUIET + int(stroke)] = [0] * int(stroke)
            pen += int(moved or stroke)
    return [[module for module in row for _ in range(SCALE)] for row in modules for _ in range(SCALE)]


def read(code: QrCode) -> zxingcpp.Barcode:
    rows = drawn(code)
    picture = memoryview(bytes(pixel for row in rows for pixel in row)).cast("B", (len(rows), len(rows)))
    (found,) = zxingcpp.read_barcodes(picture)
    return found


@pytest.mark.parametrize("text", [KEEPSAKE, ARABIC, "x" * 1500])
def test_what_is_drawn_is_what_is_read(text: str) -> None:
    found = read(qr_code(text))
    assert found.text == text
    assert found.ec_level == "M"


def test_every_code_is_read_though_its_mask_is_not_chosen() -> None:
    for number in range(200):
        text = f"{KEEPSAKE[:-19]}{hashlib.sha256(bytes([number])).hexdigest()[:16]}"
        assert read(qr_code(text)).text == text


def test_the_keepsake_stays_coarse_enough_for_a_cheap_telephone() -> None:
    assert qr_code(KEEPSAKE).size <= 57
