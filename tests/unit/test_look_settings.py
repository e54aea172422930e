"""The organisation's own face, and the size of its screens, from the settings."""

from pathlib import Path

import pytest

from kiosk.config import Keyboard, Printer
from kiosk.config.colour import contrast
from kiosk.resources import static_folder
from tests.unit.test_config import load, refusal

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>'
SITE = '[[sites]]\nid = "nord"\nname = "Nord"\n'
A = '[[sites]] "nord", terminals "a"'
SIZE = f"{A} : « density » doit être compris entre 1 et 20 pixels par millimètre."
NUMBER = f"{A} : « density » doit être un nombre."
PRINTER = f"{A} : « printer » doit être l'une de ces valeurs : none, a4, ticket."
KEYBOARD = f"{A} : « keyboard » doit être l'une de ces valeurs : touch, always, never."
TOO_LIGHT = "« organisation.accent » est trop clair : le blanc sur #ff8800 a un contraste de 2,4 : 1, il faut 4,5 : 1."


def test_without_a_word_about_it_the_terminal_has_large_targets_no_printer_and_a_keyboard(tmp_path: Path) -> None:
    screen = load(tmp_path, "").screen
    assert (screen.id, screen.printer, screen.keyboard) == ("hall", Printer.NONE, Keyboard.TOUCH)
    assert screen.density * 20 >= 20 * 1920 / 509.2, "20 mm on a screen of 23 inches"


def test_each_terminal_has_its_own_size_and_printer(tmp_path: Path) -> None:
    toml = 'terminal = "hall"\n' + SITE + 'terminals = ["Parking", {id = "hall", name = "Hall", density = 3, '
    screen = load(tmp_path, toml + 'printer = "ticket", keyboard = "never"}]').screen
    assert (screen.density, screen.printer, screen.keyboard) == (3.0, Printer.TICKET, Keyboard.NEVER)


def test_a_site_without_terminals_is_served_all_the_same(tmp_path: Path) -> None:
    assert load(tmp_path, SITE).screen.printer == Printer.NONE


def test_a_logo_beside_the_settings_is_found(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    assert load(tmp_path, '[organisation]\nlogo = "logo.svg"').logo == tmp_path / "logo.svg"
    assert load(tmp_path, "", KIOSK_ORGANISATION__LOGO=str(tmp_path / "logo.svg")).logo == tmp_path / "logo.svg"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[organisation]\naccent='teal'", "« organisation.accent » doit être une couleur telle que #0b5563."),
        ("[organisation]\naccent='#ff8800'", TOO_LIGHT),
        ("[organisation]\nlogo='logo.gif'", "doit être un fichier .svg ou .png."),
        ("[organisation]\nlogo='none.svg'", "none.svg, qui ne peut pas être lu (No such file or directory)."),
        ("[organisation]\nlogo='text.svg'", "« organisation.logo » nomme text.svg, qui n'est pas une image .svg."),
        ("[organisation]\nlogo='page.svg'", "« organisation.logo » nomme page.svg, qui n'est pas une image .svg."),
        ("[organisation]\nlogo='text.png'", "« organisation.logo » nomme text.png, qui n'est pas une image .png."),
        ("[organisation]\nlogo='huge.svg'", "« organisation.logo » nomme un fichier de 60 ko : il en faut au plus 50."),
        (
            SITE + "terminals=[{id='a', name='A', density=0.5}]",
            SIZE,
        ),
        (
            SITE + "terminals=[{id='a', name='A', density=nan}]",
            SIZE,
        ),
        (SITE + "terminals=[{id='a', name='A', density='many'}]", NUMBER),
        (SITE + "terminals=[{id='a', name='A', density=true}]", NUMBER),
        (
            SITE + "terminals=[{id='a', name='A', printer='a3'}]",
            PRINTER,
        ),
        (
            SITE + "terminals=[{id='a', name='A', keyboard='maybe'}]",
            KEYBOARD,
        ),
    ],
)
def test_what_nobody_could_read_or_see_stops_the_start_with_one_sentence(
    tmp_path: Path, toml: str, sentence: str
) -> None:
    for name, content in (("text.svg", "hello"), ("page.svg", "<html/>"), ("text.png", "hello")):
        (tmp_path / name).write_text(content)
    (tmp_path / "huge.svg").write_text(SVG + " " * 60_000)
    assert refusal(tmp_path, toml).endswith(sentence)


def test_the_ruler_is_as_long_as_it_says() -> None:
    ruler = (static_folder() / "ruler.svg").read_text(encoding="utf-8")
    assert 'd="M30 60v40M630 60v40M30 80h600"' in ruler
    assert "600 pixels" in ruler
    assert 'width="660" height="220" viewBox="0 0 660 220"' in ruler, "one unit is one CSS pixel"


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0b5563", "#ffffff", 8.42)]
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)
