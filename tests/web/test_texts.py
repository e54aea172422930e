"""Every text a contractor can see goes through gettext, and the extractor finds it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from jinja2 import Environment, nodes

from kiosk.domain.catalogue import KINDS, Question, common
from kiosk.resources import templates_folder
from kiosk.web.shared.report_form import CONTACT, DESCRIPTION, WHEN_DATE, WHEN_TIME

ROOT = Path(__file__).resolve().parents[2]
SEEN_BY_CONTRACTORS = sorted(
    path for folder in (".", "public", "errors") for path in (templates_folder() / folder).glob("*.html")
)
NOT_READ = re.compile(r' [a-z-]+="[a-z]*"|^\s*(?:public\s*)+$')  # attributes of a macro; class and bundle of the body
READ_ALOUD = {"aria-label", "title", "alt", "placeholder"}


@pytest.fixture(scope="module")
def extracted() -> set[str]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords={"_": None, "N_": None, "gettext": None})
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def catalogue_texts() -> Iterator[str]:
    questions: list[Question] = [common.PLACE, common.WHEN, common.PERSONAL_DATA, common.CALLED, common.ALREADY_DONE]
    questions += [DESCRIPTION, WHEN_DATE, WHEN_TIME, *CONTACT]
    yield from (common.NOT_LISTED_ZONE.label, common.UNKNOWN_ZONE.label)
    for kind in KINDS.values():
        yield from (kind.title, kind.summary, kind.ongoing_label, *kind.act_now, *kind.do_not)
        questions += kind.questions
    for question in questions:
        yield from (question.label, question.hint, *(choice.label for choice in question.choices))


def test_every_text_of_the_catalogue_is_extracted(extracted: set[str]) -> None:
    assert {text for text in catalogue_texts() if text} <= extracted


def test_texts_of_templates_and_views_are_extracted(extracted: set[str]) -> None:
    assert "Envoyer" in extracted
    assert "Cette page n'existe pas" in extracted
    assert any(text.startswith("Ce texte est trop long") for text in extracted)


def test_no_word_stands_in_a_template_outside_gettext() -> None:
    found = {template.name: Words(html_of(template)).found for template in SEEN_BY_CONTRACTORS}
    assert found
    assert {name: words for name, words in found.items() if words} == {}


def html_of(template: Path) -> str:
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(template.read_text(encoding="utf-8"))
    return "".join(data.data for data in tree.find_all(nodes.TemplateData))


class Words(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"[^\W\d_]{2,}", NOT_READ.sub("", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in READ_ALOUD and value and value.strip()]


def test_no_line_of_the_templates_can_begin_with_a_colon_or_a_question_mark(extracted: set[str]) -> None:
    for template in SEEN_BY_CONTRACTORS:
        called = re.findall(r'_\("([^"]+)"', template.read_text(encoding="utf-8"))
        assert not [text for text in called if re.search(r" [:;?!»]|« ", text)], template.name


def test_no_text_holds_a_lone_per_cent_sign(extracted: set[str]) -> None:
    assert not [text for text in extracted if re.search(r"%(?!\(\w+\)s|%)", text)]
