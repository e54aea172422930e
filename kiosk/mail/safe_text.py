"""Safe text for mails: typed text can neither pass for ours nor leave its place. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from kiosk.domain.text import legible

LINE_WIDTH = 72  # columns of the text part

BLANK = re.compile("[ \n\t]+")
BIDI_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
ISOLATE, END_OF_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def all_legible(value: Any) -> Any:  # noqa: ANN401 - returns the type it is given
    """With every text in it legible, at any depth; enumeration members stay."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return legible(value)
    if isinstance(value, tuple | list):
        return type(value)(all_legible(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: all_legible(getattr(value, field.name)) for field in fields(value)})
    return value


def shown(text: str) -> str:
    """Bidirectional controls could make a text read as its contrary."""
    return BIDI_CONTROL.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def one_line(text: str) -> str:
    return BLANK.sub(" ", legible(text)).strip(" ")


def header_text(text: str) -> str:
    """Contains no encoded word, for any decoder."""
    return one_line(text).replace("=?", "= ?")


def is_right_to_left(text: str) -> bool:
    """Decided by the first letter with a direction."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def wrapped(text: str, width: int) -> Iterator[str]:
    """Lines of at most ``width`` letters; a space at a break stays, so that joining restores the text.

    A line with right-to-left letters is isolated, so that it does not reorder its surroundings.
    """
    for line in text.split("\n"):
        for piece in _pieces(line, width):
            yield f"{ISOLATE}{piece}{END_OF_ISOLATE}" if RIGHT_TO_LEFT.search(piece) else piece


def _pieces(line: str, width: int) -> Iterator[str]:
    start = 0
    while len(line) - start > width:
        end = line.rfind(" ", start, start + width) + 1 or start + width
        yield line[start:end]
        start = end
    yield line[start:]


def hanging(text: str, *, first: str, rest: str) -> str:
    """``first`` before the first line of ``text``, ``rest`` before its other lines."""
    lines = list(wrapped(text, LINE_WIDTH - max(len(first), len(rest))))
    return "\n".join([first + lines[0], *(rest + line for line in lines[1:])])
