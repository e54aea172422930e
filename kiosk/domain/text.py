"""What may come through the door as text, made harmless and never refused (bytes that are no text included)."""

import re
import unicodedata
from collections.abc import Callable

DESCRIPTION_LIMIT = 20_000  # characters
LINE_LIMIT = 500  # characters

QUOTED_BYTES = re.compile(r"(?:%[89A-F][0-9A-F])+")
CONTROL_PICTURES = 0x2400  # U+2400 shows NUL, U+241B ESC …
LINE_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"


def clean_text(text: str) -> str:
    """Several lines: only ``\\n`` ends a line; no NUL, no lone surrogate, no control character but tab."""
    return _map(text, lambda letter: "\n" if letter in LINE_ENDS else letter).strip()


def clean_line(text: str) -> str:
    """One line: every kind of line end becomes a space."""
    return _map(text, lambda letter: " " if letter in LINE_ENDS else letter).strip()


def is_mangled(text: str) -> bool:
    """True for text whose bytes were no UTF-8, so that staff can be told that letters may be missing.

    Such bytes arrive as U+FFFD from a multipart form, and as ``%E9`` from a urlencoded one (Werkzeug keeps them so).
    """
    replaced = any(letter == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(letter) == "Cs" for letter in text)
    return replaced or any(not _is_utf8(quoted) for quoted in QUOTED_BYTES.findall(text))


def _is_utf8(quoted: str) -> bool:
    try:
        bytes.fromhex(quoted.replace("%", "")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _map(text: str, replace_line_end: Callable[[str], str]) -> str:
    return "".join(_visible(replace_line_end(letter)) for letter in text.replace("\r\n", "\n"))


def _visible(letter: str) -> str:
    if letter in "\n\t":
        return letter
    category = unicodedata.category(letter)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    if category == "Cc":
        return chr(CONTROL_PICTURES + ord(letter)) if ord(letter) < 0x20 else " "
    return letter
