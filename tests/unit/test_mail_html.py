"""The HTML part looks right in Outlook's engine, in the dark, and with any text in it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from kiosk.domain.severity import Severity
from kiosk.mail.report.facts import Telephone
from kiosk.resources import templates_folder
from tests.unit.mails import DEMONSTRATION, Mail, mail
from tests.unit.system_mails import QUIET, alarm_mail, daily_mail, over, restored_mail, retention_mail, trial_mail

VOID = {"meta", "br"}
DRAWN = "html head meta title style body table tr th td p h1 h2 b span div bdi br a"
Element = tuple[str, dict[str, str]]


class Reader(HTMLParser):
    """Every element with its ancestors, and every text with the elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.elements: list[Element] = []
        self.texts: list[tuple[str, list[Element]]] = []
        (self.sheet,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        self.rules: dict[str, dict[str, str]] = {}
        for selectors, declared in re.findall(r"^([^{}@\n]+){([^{}]*)}$", self.sheet, re.MULTILINE):
            for selector in selectors.split(","):
                self.rules.setdefault(selector, {}).update(declarations(declared))
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "body" in [tag for tag, _ in self.open]:
            self.texts.append((data.strip(), list(self.open)))


def declarations(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (each.partition(":") for each in text.split(";"))}


def inline(element: Element) -> dict[str, str]:
    return declarations(element[1].get("style", ""))


def nearest(reader: Reader, around: list[Element], name: str, *, with_sheet: bool = True) -> str:
    """What holds for a text: inline, else by class, else by element, of the innermost element that says something."""
    for element in reversed(around):
        tag, attributes = element
        ruled = reader.rules.get(tag, {}) | reader.rules.get(f".{attributes.get('class')}", {})
        style = (ruled if with_sheet else {}) | inline(element)
        if name in style:
            return style[name]
    raise AssertionError(f"nothing says the {name}")


def luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mails() -> Iterator[Mail]:
    yield mail(demo=True, flags=("encoding",))
    yield mail(severity=Severity.HIGH, description="", said=(), telephones=(), contact_name="", contact_company="")
    yield mail(severity=Severity.NORMAL, console_url="", description="نص\n" * 3, language="ar", language_name="arabe")
    yield trial_mail()
    yield daily_mail(to=DEMONSTRATION)
    yield daily_mail(**QUIET)
    yield alarm_mail(to=DEMONSTRATION)
    yield over()
    yield retention_mail()
    yield restored_mail(to=DEMONSTRATION)


@pytest.fixture(params=range(10))
def reader(request: pytest.FixtureRequest) -> Reader:
    return Reader(list(mails())[request.param].html)


def test_only_elements_that_every_mail_program_draws(reader: Reader) -> None:
    assert {tag for tag, _ in reader.elements} <= set(DRAWN.split())


def test_nothing_is_fetched_and_nothing_runs(reader: Reader) -> None:
    for _, attributes in reader.elements:
        assert not {"src", "srcset", "background", "id"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert "url(" not in attributes.get("style", "")
        assert attributes.get("href", "tel:").startswith(("tel:", "https://borne.example:8081"))
    assert not re.search(r"url\(|@import|expression", reader.sheet)


def test_the_style_element_says_nothing_that_outlook_does_not_read(reader: Reader) -> None:
    """Elements and single classes only, each class once on an element; the one media rule is for telephones."""
    assert all(re.fullmatch(r"\.?[a-z][a-z0-9]*", selector) for selector in reader.rules)
    used = {attributes["class"] for _, attributes in reader.elements if "class" in attributes}
    assert {f".{name}" for name in used} <= reader.rules.keys()
    assert re.findall(r"@\w+ \([^)]*\)", reader.sheet) == ["@media (max-width:480px)"]


def test_every_table_is_layout_and_one_is_600_pixels_wide(reader: Reader) -> None:
    tables = [attributes for tag, attributes in reader.elements if tag == "table"]
    assert all(table["role"] == "presentation" for table in tables)
    assert [table["width"] for table in tables if table.get("width", "").isdigit()] == ["600"]


def test_a_background_colour_stands_in_the_attribute_that_outlook_reads(reader: Reader) -> None:
    for element in reader.elements:
        assert inline(element).get("background-color") == element[1].get("bgcolor")


@pytest.mark.parametrize("with_sheet", [True, False])
def test_every_text_has_colours_of_our_own_that_can_be_read(reader: Reader, with_sheet: bool) -> None:
    """A program that turns a mail dark turns both colours, so no text may rely on a colour it does not set.

    Some programs drop the style element.
    """
    for text, around in reader.texts:
        ink = nearest(reader, around, "color", with_sheet=with_sheet)
        paper = nearest(reader, around, "background-color", with_sheet=with_sheet)
        assert contrast(ink, paper) >= 4.5, (text, ink, paper)


def test_every_attribute_stands_in_double_quotes() -> None:
    """An apostrophe is not escaped in a mail, so it must never be able to end an attribute."""
    typed = "' onload='x"
    reader = Reader(mail(description=typed, place=typed, contact_telephone=f"06 00 {typed}", kind_title=typed).html)
    assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    for path in templates_folder().glob("mail/**/*.html"):
        assert not re.search(r"=\s*'[^{}]*'[^<]*>", re.sub(r"{[{%#].*?[}%#]}", "", path.read_text(encoding="utf-8")))


def test_what_a_telephone_shows_below_the_subject_is_ours_and_decisive() -> None:
    first, *_ = Reader(mail(description="mots", place="mots").html).texts
    assert first[0] == "Siège · Local technique · toujours en cours\u00a0: oui · données personnelles\u00a0: inconnu"
    assert Reader(mail(demo=True).html).texts[0][0].startswith("ESSAI · Siège")


def test_the_language_is_declared(reader: Reader) -> None:
    assert reader.elements[0] == ("html", {"lang": "fr", "dir": "ltr"})


def test_severity_is_a_word_and_a_colour_of_its_own() -> None:
    band = re.compile(r'<td bgcolor="(#\w+)"[^>]*>\s*<p[^>]*>NIVEAU DE GRAVITÉ\u00a0: ([^<]+)<')
    bands = [found for severity in Severity for found in band.findall(mail(severity=severity).html)]
    assert [word for _, word in bands] == [severity.french.upper() for severity in Severity]
    assert len({colour for colour, _ in bands}) == len(Severity)


def test_html_says_what_the_text_part_says() -> None:
    composed = mail(flags=("encoding",))
    reader = Reader(composed.html)
    links = [attributes.get("href", "") for _, attributes in reader.elements]
    shown = " ".join(" ".join([text for text, _ in reader.texts] + links).split())
    for line in composed.text.split("\n"):
        words = re.sub(r"^(-+|\[ \]|    \|)", "", line).replace("\u00a0: ", " ").replace("\u00a0", " ")
        for word in words.replace("«", " ").replace("»", " ").split():
            assert word in shown, word


def test_a_description_is_shown_as_written_and_never_as_html() -> None:
    typed = "<b>gras</b> & <script>alert(1)</script>\n{{ 7 * 7 }}\n<a href='https://x.example'>ici</a>"
    reader = Reader(mail(description=typed, place=typed, already_done=typed, contact_name=typed).html)
    shown = [text for text, _ in reader.texts]
    assert any("<b>gras</b> & <script>alert(1)</script>" in text for text in shown)
    assert "{{ 7 * 7 }}" in shown
    assert {tag for tag, _ in reader.elements} <= set(DRAWN.split())
    assert not [attributes for _, attributes in reader.elements if "x.example" in attributes.get("href", "")]


@pytest.mark.parametrize(("text", "side"), [("سُرق الحاسوب 12", "rtl"), ("12 vol de données", "ltr"), ("123 !", "ltr")])
def test_a_description_runs_in_its_own_direction(text: str, side: str) -> None:
    elements = Reader(mail(description=text, language="ar", language_name="arabe").html).elements
    (block,) = [attributes for tag, attributes in elements if tag == "div"]
    assert (block["dir"], block["lang"]) == (side, "ar")


def test_a_telephone_number_can_be_dialled() -> None:
    html = mail().html
    assert 'href="tel:0400000001"' in html
    assert "non renseigné" in html


def test_each_number_of_an_audience_has_its_own_link_and_its_note() -> None:
    html = mail(telephones=(Telephone("manager", "Responsable", "04 65 71 00 01 ou 06 12 34 56 78 (nuit)"),)).html
    assert 'href="tel:0465710001"' in html
    assert 'href="tel:0612345678"' in html
    assert "<b>06\u00a012\u00a034\u00a056\u00a078</b></a> (nuit)" in html


def test_a_number_that_a_stranger_typed_is_shown_and_cannot_be_tapped() -> None:
    html = mail(telephones=(), contact_telephone="+33 6 00 00 00 00 <b>").html
    assert "tel:" not in html
    assert "+33·6·00·00·00·00 &lt;b&gt;" in html


def test_a_number_that_cannot_be_dialled_is_still_shown() -> None:
    assert "voir l'accueil" in mail(telephones=(Telephone("manager", "Responsable", "voir l'accueil"),)).html


def test_there_is_no_link_without_a_console() -> None:
    assert "/reports/" not in mail(console_url="").html
    assert (
        'href="https://borne.example:8081/reports/7K4-92Q-MX3"' in mail(console_url="https://borne.example:8081/").html
    )
