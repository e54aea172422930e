"""Text sanitising: typed text made harmless, never refused or cut. Pure."""

import re

DESCRIPTION_LIMIT = 20_000  # characters
LINE_LIMIT = 500  # characters

QUOTED_BYTES = re.compile(r"(?:%[89A-F][0-9A-F])+")
CONTROL_PICTURES = 0x2400  # U+2400 shows NUL, U+241B ESC …
LINE_END = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
ILLEGIBLE = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # controls except tab, and lone surrogates
REPLACED = re.compile("[\N{REPLACEMENT CHARACTER}\ud800-\udfff]")


def legible(text: str) -> str:
    """Only ``\\n`` ends a line; no NUL, lone surrogate or control character except tab. Everything else stays."""
    return ILLEGIBLE.sub(lambda found: _visible(found[0]), LINE_END.sub("\n", text))


def clean_text(text: str) -> str:
    return legible(text).strip()


def clean_line(text: str) -> str:
    """Every line end becomes a space."""
    return legible(LINE_END.sub(" ", text)).strip()


def is_mangled(text: str) -> bool:
    """True for text whose bytes were not UTF-8: staff learn that letters may be missing.

    Such bytes arrive as U+FFFD from a multipart form, and as ``%E9`` from a urlencoded one (Werkzeug keeps them so).
    """
    return bool(REPLACED.search(text)) or any(not _is_utf8(quoted) for quoted in QUOTED_BYTES.findall(text))


def _is_utf8(quoted: str) -> bool:
    try:
        bytes.fromhex(quoted.replace("%", "")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _visible(letter: str) -> str:
    if letter < " ":
        return chr(CONTROL_PICTURES + ord(letter))
    return "\N{REPLACEMENT CHARACTER}" if letter >= "\ud800" else " "
