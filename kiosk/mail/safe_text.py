"""Text display for mails and console: strangers' words can neither pass for ours, leave their place nor be clicked.

Pure. ``shown`` makes every character visible; ``unclickable`` is for the words of reporters, and also breaks what a
mail program or a telephone would turn into a link. Each is applied once: the marks that it adds are not text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache, lru_cache
from typing import Any

from kiosk.domain.folding import ascii_digits
from kiosk.domain.text import legible

LINE_WIDTH = 72  # columns of the text part

BLANK = re.compile("[ \n\t]+")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
MOST_MARKS = 3
DOTTED_CIRCLE = "\N{DOTTED CIRCLE}"
BLANKS = frozenset(" \n\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}")
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
# Of other categories: ignored by default when shown (Unicode's Default_Ignorable_Code_Point), or blank.
BLANK_LETTERS = (
    range(0x034F, 0x0350),
    range(0x115F, 0x1161),
    range(0x17B4, 0x17B6),
    range(0x180B, 0x1810),
    range(0x2800, 0x2801),
    range(0x3164, 0x3165),
    range(0xFE00, 0xFE10),
    range(0xFFA0, 0xFFA1),
    range(0xFFFC, 0xFFFD),
    range(0x13441, 0x13443),
    range(0x1D159, 0x1D15A),
    range(0xE0100, 0xE01F0),
)
# As in libphonenumber, with which telephones look for numbers; full-width signs too.
BETWEEN_DIGITS = (
    " \t\u00a0\u2009\u202f.,/()\\[\\]\u2010-\u2015\u2053\u2212\u223c\u30fc\uff08\uff09\uff0d-\uff0f\uff3b\uff3d\uff5e~-"
)
NUMBER = re.compile(rf"(?:(?<!U)[+\uff0b][( ]{{0,2}})?[0-9](?:[{BETWEEN_DIGITS}]{{0,4}}[0-9])+")
GROUPED_NUMBER = re.compile(rf"\+?[0-9]+(?:[{BETWEEN_DIGITS}\u00b7]{{1,4}}[0-9]+)+")
DIGITS = re.compile("[0-9]+")
SHORTEST_TELEPHONE, SHORTEST_WITH_PLUS, LONGEST_TELEPHONE = 9, 6, 17  # digits; a date has eight
LONGEST_GROUP = 4  # digits
MIDDLE_DOT = "\N{MIDDLE DOT}"
LINKS = (
    (re.compile("[@\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}]"), "[@]"),
    (re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})[:\uff1a](?=[\w/\\+?])"), r"\1[:]"),
    (re.compile(r"(?<=[^\s.])[.\u2024\ufe52\uff0e](?=[^\W\d_])"), "[.]"),
    (re.compile(r"(?<=[A-Za-z0-9])[\u3002\uff61](?=[A-Za-z0-9])"), "[.]"),
    (re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\d)"), r"\1[.]\2[.]\3[.]\4"),
    (re.compile(r"[\\]{2}(?=\S)"), r"[\\\\]"),
)
# Where a link or a number may begin; most texts have no such place. The letters stand first and what is around them is
# looked at afterwards, so that the search skips from one of these letters to the next.
CLICKABLE = re.compile(
    r"[\d@\uff20\ufe6b\u3002\uff61\\:\uff1a.\u2024\ufe52\uff0e]"
    r"(?:(?<![:\uff1a.\u2024\ufe52\uff0e])|(?<=[:\uff1a])(?=[\w/\\+?])|(?<=[.\u2024\ufe52\uff0e])(?=[^\W\d_]))"
)
JSON_LINK = re.compile(r"[@\uff20\ufe6b]|:(?=//)|(?<=[^\s.])[.\u2024\ufe52\uff0e](?=[^\W\d_])")
CAUTION = (
    "Liens, adresses et numéros écrits par l'intervenant sont coupés par des signes ([:], [@], [.], ·) et les"
    " caractères invisibles sont nommés (⟨U+…⟩), pour que personne ne soit conduit ailleurs sans le vouloir."
)
ISOLATE, END_OF_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def all_legible(value: Any) -> Any:  # noqa: ANN401 - returns the type it is given
    """With every text in it legible, at any depth; enumeration members stay."""
    if isinstance(value, str):
        return value if isinstance(value, Enum) else legible(value)
    if isinstance(value, tuple | list):
        return type(value)(map(all_legible, value))
    members = ((name, getattr(value, name)) for name in _fields(value.__class__))
    changed = {name: clean for name, member in members if (clean := all_legible(member)) != member}
    return replace(value, **changed) if changed else value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def shown(text: str) -> str:
    """Spell out invisible and direction-changing characters as ⟨U+200F⟩, and keep three marks on a letter at most.

    A mark without a letter gets a dotted circle, so that it cannot change what stands before it.
    """
    if text.isascii() or not any(map(_is_odd, set(text))):
        return text
    return "".join(_visible(text))


@lru_cache(maxsize=4096)
def _is_odd(letter: str) -> bool:
    return _is_mark(letter) or _is_hidden(letter)


def _visible(text: str) -> Iterator[str]:
    has_letter, marks = False, 0
    for letter in text:
        is_mark = _is_mark(letter)
        if not is_mark and marks > MOST_MARKS:
            yield f"⟨+{marks - MOST_MARKS}⟩"
        marks = marks + 1 if is_mark else 0
        if not is_mark:
            yield f"⟨U+{ord(letter):04X}⟩" if _is_hidden(letter) else letter
        elif marks <= MOST_MARKS:
            yield letter if has_letter else f"{DOTTED_CIRCLE}{letter}"
        has_letter = is_mark or not letter.isspace()
    if marks > MOST_MARKS:
        yield f"⟨+{marks - MOST_MARKS}⟩"


@lru_cache(maxsize=4096)
def _is_hidden(letter: str) -> bool:
    if letter in BLANKS:
        return False
    return unicodedata.category(letter) in HIDDEN_CATEGORIES or any(ord(letter) in each for each in BLANK_LETTERS)


@lru_cache(maxsize=4096)
def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M") and not _is_hidden(letter)


def unclickable(text: str) -> str:
    """``shown``, with links, addresses and telephone numbers broken by visible signs.

    ``https[:]//exemple[.]fr``, ``a[@]exemple[.]fr``, ``01·02·03·04·05``. Digits of every script become ASCII, and a
    number keeps the order in which it is dialled beside right-to-left letters.
    """
    seen = shown(text)
    if not CLICKABLE.search(seen):
        return seen
    seen = NUMBER.sub(_number, ascii_digits(seen))
    if RIGHT_TO_LEFT.search(seen):
        seen = GROUPED_NUMBER.sub(rf"{ISOLATE}\g<0>{END_OF_ISOLATE}", seen)
    for pattern, instead in LINKS:
        seen = pattern.sub(instead, seen)
    return seen


def unclickable_json(written: str) -> str:
    """The same JSON, with escapes for invisible characters and in links and addresses: a viewer shows its text."""
    for letter in filter(_is_hidden, "" if written.isascii() else set(written)):
        written = written.replace(letter, _escaped(letter))
    return JSON_LINK.sub(lambda found: _escaped(found[0]), written)


def _escaped(letter: str) -> str:
    """As JSON escapes it, in two halves above U+FFFF."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def caution(words: Iterable[str]) -> str:
    """The sentence that explains signs which nobody typed; empty where there are none."""
    return CAUTION if any(unclickable(each) != each for each in words) else ""


def _number(found: re.Match[str]) -> str:
    plus, groups = found[0][0] if found[0][0] in "+＋" else "", DIGITS.findall(found[0].replace("(0)", ""))
    count = sum(map(len, groups))
    is_serial = len(groups) == 1 and count > LONGEST_TELEPHONE
    if is_serial or count < (SHORTEST_WITH_PLUS if plus else SHORTEST_TELEPHONE):
        return found[0]
    pieces = [piece for group in groups for piece in ([group] if len(group) <= LONGEST_GROUP else _pairs(group))]
    return plus + MIDDLE_DOT.join(pieces)


def _pairs(digits: str) -> list[str]:
    return [digits[place : place + 2] for place in range(0, len(digits), 2)]


def one_line(text: str) -> str:
    line = text if text.isprintable() and "  " not in text else BLANK.sub(" ", legible(text))
    return line.strip(" ")


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


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` letters; a space at a break stays, so that joining restores the text.

    A line with right-to-left letters is isolated, so that it does not reorder its surroundings.
    """
    pieces = [piece for line in text.split("\n") for piece in _pieces(line, width)]
    if not RIGHT_TO_LEFT.search(text):
        return pieces
    return [f"{ISOLATE}{piece}{END_OF_ISOLATE}" if RIGHT_TO_LEFT.search(piece) else piece for piece in pieces]


def _pieces(line: str, width: int) -> Iterator[str]:
    start = 0
    while len(line) - start > width:
        end = line.rfind(" ", start, start + width) + 1 or start + width
        yield line[start:end]
        start = end
    yield line[start:]
