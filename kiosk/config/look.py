"""Appearance and equipment of a terminal: organisation, screen density, printer, keyboard."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kiosk.config.colour import WHITE, contrast, is_colour
from kiosk.config.table import CODE, CODE_WANTED, Fault, Table, outside

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
READABLE = 4.5  # ratio to 1: WCAG 2.2, 1.4.3


class Printer(StrEnum):
    NONE = "none"
    A4 = "a4"
    TICKET = "ticket"  # 80 mm


class Keyboard(StrEnum):
    """Trigger of the on-screen keyboard."""

    TOUCH = "touch"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Table):
    """``logo``: SVG or PNG file, relative to the instance.

    ``accent``: ``#rrggbb``, contrast 4.5:1 on white; other shades are derived.
    """

    name: str = "CPCAM 13"
    logo: Path | None = None
    accent: str = "#0b5563"

    def faults(self) -> Iterator[Fault]:
        if not is_colour(self.accent):
            yield "accent", "doit être une couleur telle que #0b5563"
        elif (ratio := contrast(self.accent, WHITE)) < READABLE:
            told = f"{ratio:.1f}".replace(".", ",")
            yield "accent", f"est trop clair : le blanc sur {self.accent} a un contraste de {told} : 1, il faut 4,5 : 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal(Table):
    """``density``: CSS pixels per millimetre of the screen, measured with static/ruler.svg.

    With the default, a 20 mm target is at least 20 mm on every Full HD screen from 23 inches on.
    """

    id: str
    name: str
    density: float = 3.8
    printer: Printer = Printer.NONE
    keyboard: Keyboard = Keyboard.TOUCH

    def faults(self) -> Iterator[Fault]:
        if not CODE.fullmatch(self.id):
            yield "id", CODE_WANTED
        yield from outside("density", self.density, 1, 20, "pixels par millimètre")
