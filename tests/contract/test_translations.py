"""Every language the kiosk offers is complete and sound, and no page of it falls back into French."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import PoFileError

from kiosk.config.settings import Languages
from kiosk.web.shared.texts import DEFAULT_LANGUAGE
from tests.translations import CATALOGUES, language_of, read

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
# The same word in both languages, and the right one.
SAME_AS_FRENCH = {"en": {"Archives", "Badge", "Date", "police"}, "ar": set[str]()}
FOREIGN_PUNCTUATION = {"en": r"[«»]| [:;?!]", "ar": r"[?;]|, | [:؟!،]"}


@pytest.fixture(scope="module")
def texts() -> set[str]:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords={"_": None, "N_": None, "gettext": None})
    return {text for _, _, text, _, _ in found if isinstance(text, str)}


def faults(catalogue: Catalog, texts: set[str], language: str) -> Iterator[str]:
    """One line for everything that a reader of this language would stumble over."""
    if catalogue.fuzzy:
        yield "the whole catalogue is marked as a guess"
    for text in sorted(texts):
        message = catalogue.get(text)
        if message is None or not isinstance(message.string, str) or not message.string.strip():
            yield f"missing: {text}"
        else:
            wrong = {"only a guess": message.fuzzy, **unsound(text, message.string, language)}
            yield from (f"{fault}: {text}" for fault, found in wrong.items() if found)


def unsound(text: str, said: str, language: str) -> dict[str, bool]:
    return {
        "other placeholders": sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(said)),
        "a lone per cent sign": "%" in PLACEHOLDER.sub("", said),
        "space at an end": said != said.strip(),
        "still French": said == text and text not in SAME_AS_FRENCH.get(language, set()),
        "punctuation of another language": bool(re.search(FOREIGN_PUNCTUATION.get(language, "(?!)"), said)),
    }


@pytest.mark.parametrize("path", CATALOGUES, ids=language_of)
def test_a_language_says_everything_and_says_it_soundly(path: Path, texts: set[str]) -> None:
    assert list(faults(read(path), texts, language_of(path))) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=language_of)
def test_a_language_keeps_nothing_that_no_page_says_any_more(path: Path, texts: set[str]) -> None:
    catalogue = read(path)
    assert {message.id for message in catalogue if message.id} - texts == set()
    assert not catalogue.obsolete


def test_the_languages_offered_from_the_start_are_those_that_are_complete() -> None:
    assert {language_of(path) for path in CATALOGUES} | {DEFAULT_LANGUAGE} == set(Languages().offered)


@pytest.mark.parametrize(
    ("text", "said", "flags", "fault"),
    [
        ("Envoyer", "", (), "missing"),
        ("Envoyer", " ", (), "missing"),
        ("Envoyer", "Send", ("fuzzy",), "only a guess"),
        ("Envoyer", "Envoyer", (), "still French"),
        ("Envoyer", "Send ", (), "space at an end"),
        ("Envoyer", "Send 100 %", (), "a lone per cent sign"),
        ("Envoyer ?", "Send ?", (), "punctuation of another language"),
        ("Transmis à %(time)s.", "Sent at %(tme)s.", (), "other placeholders"),
        ("Transmis à %(time)s.", "Sent.", (), "other placeholders"),
        ("Transmis à %(time)s.", "Sent at %(time).", (), "other placeholders"),
        ("Transmis à %(time)s.", "Sent at %(time)s.", (), None),
        ("Badge", "Badge", (), None),
    ],
)
def test_a_bad_translation_is_found(text: str, said: str, flags: tuple[str, ...], fault: str | None) -> None:
    catalogue = Catalog(locale="en", fuzzy=False)
    catalogue.add(text, said, flags=flags)
    found = [line.split(":")[0] for line in faults(catalogue, {text}, "en")]
    assert found[:1] == ([fault] if fault else [])


def test_a_text_that_nobody_translated_is_found() -> None:
    assert list(faults(Catalog(locale="en", fuzzy=False), {"Envoyer"}, "en")) == ["missing: Envoyer"]


def test_a_file_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    broken.parent.mkdir(parents=True)
    broken.write_text('msgid "Envoyer"\nmsgstr "Send"\n<<<<<<<\n', encoding="utf-8")
    with pytest.raises(PoFileError):
        read(broken)
