"""QR codes as SVG paths: a telephone can keep the text without a network."""

import re
from dataclasses import dataclass
from functools import cache
from math import isqrt
from typing import Any

import zxingcpp

RUN = re.compile(rb"(\xff+)|(\x00+)")  # light modules, or dark ones
PIECE = 8  # modules: there are only 510 different pieces, so each is worded once
# Trying all eight masks takes nine tenths of the time; they differ for readers of bad prints, not of screens.
MASK = 1
QUIET_ZONE = 4  # modules around the code, ISO/IEC 18004


@dataclass(frozen=True, slots=True)
class QrCode:
    """``path``: dark modules, to stroke 1 wide, in a square of ``size``; the quiet zone is in ``view_box`` alone."""

    size: int
    path: str

    @property
    def view_box(self) -> str:
        side = self.size + 2 * QUIET_ZONE
        return f"-{QUIET_ZONE} -{QUIET_ZONE} {side} {side}"


def qr_code(text: str) -> QrCode:
    """Encode as marked UTF-8, at level M: readable with 15 % hidden. At most 2 331 bytes of text."""
    kind = zxingcpp.BarcodeFormat.QRCode
    made = zxingcpp.create_barcode(text, kind, ec_level="M", eci="UTF-8", data_mask=MASK)
    picture: Any = made.to_image(scale=1, add_quiet_zones=False)  # a buffer; the stub of 3.11's wheel does not say so
    modules = bytes(picture)
    size = isqrt(len(modules))
    return QrCode(size, "".join(_row(row, modules[row * size : (row + 1) * size]) for row in range(size)))


def _row(number: int, modules: bytes) -> str:
    pieces = (modules[start : start + PIECE] for start in range(0, len(modules), PIECE))
    return f"M0 {number}.5{''.join(map(_strokes, pieces))}"


@cache
def _strokes(piece: bytes) -> str:
    """From its first module to behind its last."""
    return "".join(f"m{len(light)} 0" if light else f"h{len(dark)}" for light, dark in RUN.findall(piece))
