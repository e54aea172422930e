"""Numbers on paper: lines of letters, ``XXXXX-XXXXX-XXXX`` each; the last letter is a check letter."""

from kiosk.domain.spelling import check_letter, grouped, is_complete, letters_of, number_of, spell
from kiosk.errors import KeyTextError

LETTERS = 13  # of 5 bits in a line; the check letter comes on top


def to_lines(number: int, lines: int) -> str:
    letters = spell(number, lines * LETTERS)
    parts = [letters[start : start + LETTERS] for start in range(0, len(letters), LETTERS)]
    return "\n".join(grouped(part + check_letter(part), 5) for part in parts)


def from_lines(text: str, lines: int, *, wrong: str) -> int | None:
    """Tolerant of typing style. None for another number of letters; raises KeyTextError, which names a wrong line.

    ``wrong``: the beginning of its message, with the line's ``{number}``.
    """
    letters = letters_of(text)
    if letters is None or len(letters) != lines * (LETTERS + 1):
        return None
    parts = [letters[start : start + LETTERS + 1] for start in range(0, len(letters), LETTERS + 1)]
    for line, part in enumerate(parts, 1):
        if not is_complete(part):
            raise KeyTextError(f"{wrong.format(number=line)} : comparez avec le papier.")
    return number_of("".join(part[:-1] for part in parts))
