"""One family of pictograms, in one file; whoever names one finds it."""

import re
from pathlib import Path
from xml.etree import ElementTree

from kiosk.domain.catalogue import KINDS
from kiosk.resources import static_folder, templates_folder

SVG = "{http://www.w3.org/2000/svg}"
SPRITE = static_folder() / "pictograms" / "sprite.svg"
SYMBOLS = {symbol.attrib["id"]: symbol for symbol in ElementTree.parse(SPRITE).getroot().iter(f"{SVG}symbol")}
FAMILY = {
    "viewBox": "0 0 24 24",
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "1.75",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}
NAMED_IN_TEMPLATES = re.compile(r"""pictogram\(\s*["']([^"']+)["']|sprite\.svg['")} ]*#([\w-]+)""")


def templates() -> list[Path]:
    return sorted(templates_folder().rglob("*.html"))


def test_every_kind_has_its_pictogram() -> None:
    drawn = {name for name, symbol in SYMBOLS.items() if len(symbol)}  # an empty symbol draws nothing
    assert {kind.pictogram for kind in KINDS.values()} <= drawn


def test_no_two_kinds_look_the_same() -> None:
    assert len({kind.pictogram for kind in KINDS.values()}) == len(KINDS)


def test_every_pictogram_a_template_names_exists() -> None:
    named = {
        (path.name, direct or linked)
        for path in templates()
        for direct, linked in NAMED_IN_TEMPLATES.findall(path.read_text(encoding="utf-8"))
    }
    assert named, "the templates name no pictogram at all: does this test still read them rightly?"
    assert [(page, name) for page, name in sorted(named) if name not in SYMBOLS] == []


def test_every_pictogram_is_drawn_like_its_family() -> None:
    assert [name for name, symbol in SYMBOLS.items() if symbol.attrib != FAMILY | {"id": name}] == []


def test_pictograms_take_the_colour_of_the_text_and_carry_no_style_or_script() -> None:
    for element in ElementTree.parse(SPRITE).getroot().iter():
        assert element.tag in {f"{SVG}{tag}" for tag in ("svg", "symbol", "g", "path", "rect", "circle")}
        assert not {"style", "class", "href", "onload"} & element.attrib.keys()
        assert element.attrib.get("stroke", "currentColor") == "currentColor"
        assert element.attrib.get("fill", "none") == "none"


def test_no_pictogram_is_there_twice() -> None:
    ids = re.findall(r'id="([^"]+)"', SPRITE.read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))
