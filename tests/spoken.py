"""What a page says, and whether it says it in the language of its reader."""

import re
from html.parser import HTMLParser

from kiosk.config.audiences import default_audiences
from kiosk.web.shared.texts import DEFAULT_LANGUAGE, LOCALES
from tests.translations import CATALOGUES, language_of, read

TRANSLATED = {language_of(path): read(path) for path in CATALOGUES}
WORD = re.compile(r"[^\W\d_]{2,}")
# Names of things, people and services that are the same in every language.
NAMES = {"CPCAM", "Siège", "USB", "PIN", "SAMU", "MSSI", "DPO", "RGPD", "Français", "English", "QR", "SSI"}
NAMES |= {"CNIL", "RGAA", "WCAG", "AA", "axe", "JavaScript", "cookie"}
NAMES |= {word for audience in default_audiences() for word in WORD.findall(audience.name)}
VOID = {"meta", "link", "input", "br", "hr", "use", "img", "path"}


class Reader(HTMLParser):
    """What a page says to somebody who reads only its own language: French and other languages' names left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag not in VOID:
            self._open.append(tag in ("script", "style") or (tag != "html" and "lang" in known))
        read_aloud = [known.get(name) for name in ("aria-label", "title", "alt", "placeholder", "data-title")]
        self.said += [value for value in read_aloud if value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._open):
            self.said.append(" ".join(data.split(" ")).strip())


def codes_in(page: str) -> set[str]:
    """References and codes, addresses of mailboxes and names of audiences in the settings."""
    kept = re.findall(r"<bdi[^>]*>([^<]*)</bdi>", page)
    return {word for text in kept for word in WORD.findall(text)}


def tag_of(language: str) -> str:
    return LOCALES.get(language, language)


def untranslated(page: str, language: str) -> list[str]:
    """Texts that are still French, and on an Arabic page every Latin word but names."""
    if language == DEFAULT_LANGUAGE:
        return []
    said = Reader(page).said
    return still_french([spaced(text) for text in said], language) + (latin(page, said) if language == "ar" else [])


def still_french(said: list[str], language: str) -> list[str]:
    catalogue = TRANSLATED[language]
    french = {spaced(str(message.id)) for message in catalogue if message.id}
    right = {str(message.string) for message in catalogue}
    return [text for text in said if text in french and text not in right]


def latin(page: str, said: list[str]) -> list[str]:
    words = {word for text in said for word in WORD.findall(text) if word < "\u0370"}
    return sorted(words - NAMES - codes_in(page))


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")
