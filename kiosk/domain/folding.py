"""Text folding: what looks or reads the same becomes the same, on both sides of a comparison. Pure."""

import re
import unicodedata

FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
# Accents, vowel signs and stretching of every script; then characters that nobody sees.
MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff]"
)
# Lower case: what no decomposition takes apart, then letters of other alphabets that look like Latin ones.
ALIKE = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŋ": "n", "þ": "th"}
    | dict(zip("авекмнорстухіјѕԁԛԝҽәӏ", "abekmhopctyxijsdqweel", strict=True))
    | dict(zip("αβεζηικμνορτυχγω", "abezhikmnoptyxyw", strict=True))
    | {"ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك"}
    | dict.fromkeys("‘’‚‛ʼʹ′", "'")
    | dict.fromkeys("“”„«»″", '"')
    | dict.fromkeys("‐‑‒–—―−⁃", "-")
)
GAP_IN_NUMBER = re.compile(r"(?<=[0-9])[ ./()-]{1,3}(?=[0-9])")
FRENCH_PREFIX = re.compile(r"(?:\+|(?<![0-9])00)330?(?=[1-9][0-9]{8}(?![0-9]))")


def ascii_digits(text: str) -> str:
    """Digits of every script (full-width, Arabic-Indic …) as 0 to 9."""
    return FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)


def fold(text: str) -> str:
    """Without case, accents and ligatures; lookalikes of other alphabets become Latin letters."""
    if text.isascii():
        return text.lower()
    folded = MARK.sub("", unicodedata.normalize("NFKD", text.replace("´", "'")).casefold())
    return folded if folded.isascii() else ascii_digits(folded.translate(ALIKE))


def join_numbers(folded: str) -> str:
    """Digits without what parts them, and a French number as it is dialled in France."""
    return FRENCH_PREFIX.sub("0", GAP_IN_NUMBER.sub("", folded))
