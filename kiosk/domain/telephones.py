"""Telephone numbers in what an operator writes: « 04 65 71 00 01 ou 06 12 34 56 78 (nuit) ». Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kiosk.domain.folding import ascii_digits
from kiosk.domain.text import clean_line

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
BLANK = re.compile(r"[\s\u2060\ufeff]+")
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
DASH = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
FRENCH = r"(?:[ ./-]?[0-9]{2}){4}"
NUMBER = re.compile(
    rf"(?<![\w+])(?:(?:\+|00)33[ .-]?(?:\(0\))?[ .-]?[1-9]{FRENCH}"
    rf"|\(?0[1-9]\)?{FRENCH}"
    r"|\+[1-9][0-9]{0,3}(?:[ .-]?(?:\([0-9]+\)|[0-9]))+"
    r"|[0-9]+(?:[ .-][0-9]+)*)(?!\w)"
)
HOUR_FOLLOWS = re.compile(r" ?(?:h\b|heures?\b|min\b|%|:[0-9])")
LAST_DIGITS = re.compile(r"/(?P<end>[0-9]{1,4})(?![\w/])")
EXTENSION = re.compile(r"\b(?:postes?|ext\.?|extension|bureau|salle|porte|étage|bâtiment|bât\.?|code|n°|#) ?$", re.I)
PART_END = re.compile(r"[,;|/•·\n]|(?<=\s)-(?=\s)|\b(?:ou bien|ou|et|puis|sinon|or|and)\b", re.I)
NO_NOTE = re.compile(r"^(?:t[ée]l(?:[ée]phone)?s?|num[ée]ros?|n°|phone|au|le)?$", re.I)
AROUND_NOTE = " []:.,;/=-\u00b7"
WRAPPED = re.compile(r"\(([^()]*)\)")
INTERNATIONAL = re.compile("^00(?=[1-9][0-9]{8})")
SHORT = 5  # digits; longer numbers need no proof that they are one
ALONE = 4  # digits; fewer are a number for emergencies, or all that is written
EMERGENCY = frozenset({"15", "17", "18", "112", "114", "115", "116", "117", "118", "119", "191", "196", "197"})


@dataclass(frozen=True, slots=True)
class TelephoneNumber:
    """``shown``: in groups; ``dialled``: digits for a ``tel:`` link, or empty for mere words.

    ``note``: what the operator wrote beside it, such as « nuit ».
    """

    shown: str
    dialled: str
    note: str = ""

    @property
    def unbroken(self) -> str:
        """For mails: blanks at which no line ends."""
        return self.shown.replace(" ", NO_BREAK_SPACE) if self.dialled else self.shown


def telephone_numbers(text: str) -> tuple[TelephoneNumber, ...]:
    """In the order written; words without any number are one entry that cannot be dialled."""
    plain = _plain(text)
    found = list(_found(plain))
    if not found:
        return (TelephoneNumber(plain, ""),) if plain else ()
    notes = _notes(plain, found)
    return tuple(each for match, note in zip(found, notes, strict=True) for each in _with_next(plain, match, note))


def in_one_line(numbers: Sequence[TelephoneNumber]) -> str:
    """For mails in plain text."""
    return " ou ".join(f"{one.unbroken} ({one.note})" if one.note else one.unbroken for one in numbers)


def _plain(text: str) -> str:
    line = clean_line(";".join(filter(None, (line.strip() for line in text.splitlines()))))
    seen = INVISIBLE.sub("", ascii_digits(line)).replace("\N{FULLWIDTH PLUS SIGN}", "+")
    return BLANK.sub(" ", DASH.sub("-", seen)).strip()


def _found(plain: str) -> Iterator[re.Match[str]]:
    has_long = False
    for match in NUMBER.finditer(plain):
        if _is_number(plain, match, has_long=has_long):
            has_long = has_long or len(_digits(match[0])) > SHORT
            yield match


def _is_number(plain: str, match: re.Match[str], *, has_long: bool) -> bool:
    """Not an hour, a date, a room or an extension."""
    digits = _digits(match[0])
    if len(digits) > SHORT:
        return len(set(match[0]) & set(".-")) < 2
    before, after = plain[: match.start()], plain[match.end() :]
    if HOUR_FOLLOWS.match(after) or "-" in match[0] or before.endswith(":"):
        return False
    if EXTENSION.search(before) and (has_long or len(digits) < ALONE):
        return False
    if len(digits) >= ALONE:
        return not (has_long and before.endswith("/"))
    return digits in EMERGENCY or (plain == match[0] and len(digits) > 1)


def _digits(number: str) -> str:
    return "".join(letter for letter in number.replace("(0)", "") if letter.isdigit())


def _with_next(plain: str, match: re.Match[str], note: str) -> Iterator[TelephoneNumber]:
    """The number, and the one meant by « 04 65 71 00 01/02 »."""
    first = _number(match[0], note)
    yield first
    if other := LAST_DIGITS.match(plain, match.end()):
        end = other["end"]
        if len(first.dialled) > SHORT:
            yield _number(first.dialled[: -len(end)] + end, note)


def _number(written: str, note: str) -> TelephoneNumber:
    digits = _digits(written)
    dialled = f"+{digits}" if written.startswith("+") else INTERNATIONAL.sub("+", digits)
    return TelephoneNumber(_grouped(written, dialled), dialled, note)


def _grouped(written: str, dialled: str) -> str:
    if re.fullmatch("0[1-9][0-9]{8}", dialled):
        groups = [dialled[place : place + 2] for place in range(0, 10, 2)]
    elif re.fullmatch(r"\+33[1-9][0-9]{8}", dialled):
        groups = ["+33", dialled[3], *(dialled[place : place + 2] for place in range(4, 12, 2))]
    else:
        groups = re.split("[ .-]+", written)
    return " ".join(groups)


def _notes(plain: str, found: Sequence[re.Match[str]]) -> list[str]:
    """Words before or after each number; where nothing parts two numbers, as the first words do."""
    before, after = [""] * len(found), [""] * len(found)
    before[0] = plain[: found[0].start()]
    for place, (one, other) in enumerate(pairwise(found)):
        between = plain[one.end() : other.start()]
        if end := LAST_DIGITS.match(between):
            between = between[end.end() :]
        after[place], before[place + 1] = _parted(between, leads=bool(_note(before[0])))
    last = plain[found[-1].end() :]
    after[-1] = LAST_DIGITS.sub("", last, count=1) if LAST_DIGITS.match(last) else last
    return [", ".join(filter(None, map(_note, both))) for both in zip(before, after, strict=True)]


def _parted(between: str, *, leads: bool) -> tuple[str, str]:
    closed = between.rfind(")") + 1
    ends = list(PART_END.finditer(between, closed))
    if not ends and between.count("(") > between.count(")"):
        place = between.rindex("(")
        return between[:place], between[place:]
    if ends:
        return PART_END.sub(",", between[: ends[-1].start()]), between[ends[-1].end() :]
    if closed:
        return between[:closed], between[closed:]
    return ("", between) if leads or between.rstrip().endswith(":") else (between, "")


def _note(words: str) -> str:
    kept = words.strip(AROUND_NOTE)
    if (wrapped := WRAPPED.fullmatch(kept)) or kept.count("(") != kept.count(")"):
        kept = (wrapped[1] if wrapped else kept).strip("()")
    return "" if NO_NOTE.fullmatch(kept) else kept
