"""What would make the terminal unreadable or faceless: a colour too light, a logo that no browser shows."""

from pathlib import Path
from xml.etree import ElementTree

from kiosk.config.colour import WHITE, contrast, is_colour
from kiosk.config.look import LOGO_TYPES
from kiosk.config.settings import Settings
from kiosk.errors import SettingsError

READABLE = 4.5  # WCAG 2.2, 1.4.3
LARGEST_LOGO = 50_000  # bytes; every visitor's first page carries it
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


def check_look(settings: Settings) -> None:
    _check_accent(settings.organisation.accent)
    if settings.logo is not None:
        _check_logo(settings.logo)
    for terminal in (terminal for site in settings.sites for terminal in site.terminals):
        if not 1 <= terminal.density <= 20:
            raise SettingsError(f"«terminals.{terminal.id}.density» must lie between 1 and 20 pixels a millimetre.")


def _check_accent(accent: str) -> None:
    if not is_colour(accent):
        raise SettingsError("«organisation.accent» must be a colour such as #0b5563.")
    ratio = contrast(accent, WHITE)
    if ratio < READABLE:
        raise SettingsError(
            f"«organisation.accent» is too light: white letters on {accent} have a contrast of {ratio:.1f}:1 "
            f"and need {READABLE}:1."
        )


def _check_logo(path: Path) -> None:
    if path.suffix.lower() not in LOGO_TYPES:
        raise SettingsError("«organisation.logo» must be an .svg or a .png file.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"«organisation.logo»: {path} cannot be read ({error.strerror}).") from error
    if len(content) > LARGEST_LOGO:
        raise SettingsError(f"«organisation.logo» has {len(content) // 1000} kB and may have {LARGEST_LOGO // 1000}.")
    if not (_is_svg(content) if path.suffix.lower() == ".svg" else content.startswith(PNG)):
        raise SettingsError(f"«organisation.logo»: {path.name} is no picture of the kind that its name says.")


def _is_svg(content: bytes) -> bool:
    try:
        return ElementTree.fromstring(content).tag == SVG  # noqa: S314 (the administrator's own file, small)
    except ElementTree.ParseError:
        return False
