"""Search matching, without regard to accents, case and word order."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kiosk.domain.catalogue import kind_of
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.reports.stored_report import Opened

MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")  # accents, and vowel signs of other scripts
BEFORE, LENGTH = 40, 140  # characters of an excerpt: before the match, and in all
OWN_WORDS = ("description", "place", "already_done", "observed_typed")


def matcher(typed: str) -> Callable[[ListedReport, Opened], str | None]:
    """The result is an excerpt around the first word, or None unless all words are found.

    Searched are the reporter's own words, the French answers and the contact.
    """
    words = plain(typed).split()

    def matches(line: ListedReport, opened: Opened) -> str | None:
        texts = list(_texts(line.kind, opened))
        told = plain(" ".join(texts))
        if not all(word in told for word in words):
            return None
        return next((_around(text, words[0]) for text in texts if words[0] in plain(text)), "")

    return matches


def _around(text: str, word: str) -> str:
    start = max(0, plain(text).index(word) - BEFORE)
    cut = text[start : start + LENGTH]
    return f"{'…' if start else ''}{' '.join(cut.split())}{'…' if start + LENGTH < len(text) else ''}"


def plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return MARKS.sub("", unicodedata.normalize("NFKD", text.replace("’", "'"))).casefold()


def _texts(kind: str, opened: Opened) -> Iterator[str]:
    content: Mapping[str, Any] = opened.content or {}
    yield from (content.get(name) or "" for name in OWN_WORDS)
    for question, answer in content.get("answers", {}).items():
        for code in answer if isinstance(answer, list) else [answer]:
            yield _answer(kind, question, code)
    yield from (opened.contact or {}).values()


def _answer(kind: str, question: str, code: str) -> str:
    """French words of a choice, or the typed text."""
    known = kind_of(kind).question(question)
    return known.choice_label(code) if known and known.closed else code
