"""How the terminal looks and what it has: the organisation's identity, the size of a screen, printer and keyboard."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


class Printer(StrEnum):
    """What paper the terminal's printer holds."""

    NONE = "none"
    A4 = "a4"
    TICKET = "ticket"  # 80 mm


class Keyboard(StrEnum):
    """When the keyboard on the screen comes up: for a field that is touched, for any field, or never."""

    TOUCH = "touch"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """``logo``: an SVG or PNG file, a relative path counting from the instance directory.

    ``accent``: ``#rrggbb``, readable on white (4.5:1); every other shade of it is derived.
    """

    name: str = "CPCAM 13"
    logo: Path | None = None
    accent: str = "#0b5563"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """``density``: CSS pixels in a millimetre of its screen, as static/ruler.svg measures them.

    The default makes a target of 20 mm at least that large on every Full HD screen from 23 inches on.
    """

    id: str
    name: str
    density: float = 3.8
    printer: Printer = Printer.NONE
    keyboard: Keyboard = Keyboard.TOUCH
