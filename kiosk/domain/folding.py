"""Text folding: what looks or reads the same becomes the same. Pure."""

import re
import unicodedata

FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


def ascii_digits(text: str) -> str:
    """Digits of every script (full-width, Arabic-Indic …) as 0 to 9."""
    return FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
