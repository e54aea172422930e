"""Tables for people, in a terminal."""

from collections.abc import Sequence


def as_columns(rows: Sequence[Sequence[str]]) -> str:
    """Each column as wide as its widest cell; the last one may run on."""
    widths = [max(len(cell) for cell in column) for column in list(zip(*rows, strict=True))[:-1]]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )
