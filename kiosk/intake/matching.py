"""Does a report hold the words somebody looks for? Accents, case and the order of the words do not matter."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kiosk.intake.catalogue import kind_of
from kiosk.store.console import Line
from kiosk.store.kept import Opened

OWN_WORDS = ("description", "place", "already_done", "observed_typed")


def matcher(typed: str) -> Callable[[Line, Opened], bool]:
    """True for a report that holds every word typed, in the reporter's words, a French answer or the contact."""
    words = plain(typed).split()

    def matches(line: Line, opened: Opened) -> bool:
        told = plain(" ".join(_texts(line.kind, opened)))
        return all(word in told for word in words)

    return matches


def plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def _texts(kind: str, opened: Opened) -> Iterator[str]:
    content: Mapping[str, Any] = opened.content or {}
    yield from (content.get(name) or "" for name in OWN_WORDS)
    for question, answer in content.get("answers", {}).items():
        for code in answer if isinstance(answer, list) else [answer]:
            yield _answer(kind, question, code)
    yield from (opened.contact or {}).values()


def _answer(kind: str, question: str, code: str) -> str:
    """The French words of a choice, or what was typed."""
    known = kind_of(kind).question(question)
    return known.choice_label(code) if known and known.closed else code
