"""Logo check: an SVG or PNG file, small enough for every first page."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from kiosk.config.look import LOGO_TYPES

LARGEST_LOGO = 50_000  # bytes; every visitor loads it with the first page
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


def logo_faults(path: Path) -> Iterator[str]:
    if path.suffix.lower() not in LOGO_TYPES:
        yield "doit être un fichier .svg ou .png"
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        yield f"nomme {path}, qui ne peut pas être lu ({error.strerror})"
        return
    if len(content) > LARGEST_LOGO:
        yield f"nomme un fichier de {len(content) // 1000} ko : il en faut au plus {LARGEST_LOGO // 1000}"
    if not (_is_svg(content) if path.suffix.lower() == ".svg" else content.startswith(PNG)):
        yield f"nomme {path.name}, qui n'est pas une image {path.suffix.lower()}"


def _is_svg(content: bytes) -> bool:
    try:
        return ElementTree.fromstring(content).tag == SVG  # noqa: S314 (the administrator's own file, small)
    except (ElementTree.ParseError, LookupError, ValueError):  # also an encoding that nobody knows
        return False
