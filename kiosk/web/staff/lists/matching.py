"""Search matching, without regard to spelling (see kiosk/domain/folding.py) and word order."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kiosk.domain.catalogue import kind_of
from kiosk.domain.folding import fold, join_numbers
from kiosk.store.reports.report_lists import ListedReport
from kiosk.store.reports.stored_report import Opened

LONG_NUMBER = re.compile("[0-9]{6}")
PARTED_NUMBER = re.compile(r"\+?[0-9](?:[ ./()-]{0,3}[0-9]){5,}")
BEFORE, LENGTH = 40, 140  # characters of an excerpt: before the match, and in all
OWN_WORDS = ("description", "place", "already_done", "observed_typed")


def matcher(typed: str) -> Callable[[ListedReport, Opened], str | None]:
    """The result is an excerpt around the first word, or None unless all words are found.

    Searched are the reporter's own words, the French answers and the contact.
    """
    words = words_in(typed)
    has_number = any(LONG_NUMBER.search(word) for word in words)

    def matches(line: ListedReport, opened: Opened) -> str | None:
        texts = list(_texts(line.kind, opened))
        told = fold("\n".join(texts))
        if has_number:
            told = f"{told}\n{join_numbers(told)}"
        if not all(word in told for word in words):
            return None
        return next((_around(text, words[0]) for text in texts if words[0] in fold(text)), "")

    return matches


def words_in(typed: str) -> list[str]:
    """A telephone number is one word, however its digits are parted."""
    folded = fold(typed)
    return PARTED_NUMBER.sub(lambda found: f" {join_numbers(found[0])} ", folded).split()


def _around(text: str, word: str) -> str:
    places = [place for place, letter in enumerate(text) for _ in fold(letter)]
    start = max(0, places[fold(text).index(word)] - BEFORE)
    cut = text[start : start + LENGTH]
    return f"{'…' if start else ''}{' '.join(cut.split())}{'…' if start + LENGTH < len(text) else ''}"


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
