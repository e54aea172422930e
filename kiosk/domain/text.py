"""Text sanitising: typed text made harmless, never refused or cut. Pure."""

import re

DESCRIPTION_LIMIT = 20_000  # characters
LINE_LIMIT = 500  # characters

QUOTED_BYTES = re.compile(r"(?:%[89A-F][0-9A-F])+")
CONTROL_PICTURES = 0x2400  # U+2400 shows NUL, U+241B ESC …
LINE_END = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
HARMFUL = re.compile("[\x00-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
REPLACED = re.compile("[\N{REPLACEMENT CHARACTER}\ud800-\udfff]")


def legible(text: str) -> str:
    """Only ``\\n`` ends a line; no NUL, lone surrogate or control character except tab. Everything else stays."""
    return text if text.isprintable() or not HARMFUL.search(text) else LINE_END.sub("\n", text).translate(VISIBLE)


def clean_text(text: str) -> str:
    return legible(text).strip()


def clean_line(text: str) -> str:
    """Every line end becomes a space."""
    return legible(LINE_END.sub(" ", text)).strip()


def is_mangled(text: str) -> bool:
    """True for text whose bytes were not UTF-8: staff learn that letters may be missing.

    Such bytes arrive as U+FFFD from a multipart form, and as a lone surrogate from a urlencoded one; kept as ``%E9``.
    """
    return bool(REPLACED.search(text)) or any(not _is_utf8(quoted) for quoted in QUOTED_BYTES.findall(text))


def _is_utf8(quoted: str) -> bool:
    try:
        bytes.fromhex(quoted.replace("%", "")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _visible() -> dict[int, str]:
    """Controls but tab and the ends of lines, and lone surrogates; a table, because a text may hold 250 000 of them."""
    pictures = {code: chr(CONTROL_PICTURES + code) for code in (*range(0x09), *range(0x0E, 0x20))}
    blanks = dict.fromkeys(range(0x7F, 0xA0), " ")
    surrogates = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
    escaped = {0xDC00 + byte: f"%{byte:02X}" for byte in range(0x80, 0x100)}  # bytes.decode(errors="surrogateescape")
    return pictures | blanks | surrogates | escaped


VISIBLE = _visible()
