"""Figures: what was measured beside what it is measured by, round after round, as a table for people and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, Protocol


@dataclass
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        if self.least == self.most:
            return _short(self.median)
        return f"{_short(self.median)} ({_short(self.least)}–{_short(self.most)})"


@dataclass
class Figure:
    """``ours`` and ``theirs`` hold one value a round, taken side by side, in ``unit``."""

    name: str
    measured_by: str
    unit: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def add(self, ours: float, theirs: float) -> None:
        self.ours.append(ours)
        self.theirs.append(theirs)

    @property
    def ratio(self) -> Spread:
        return Spread.of([mine / other for mine, other in zip(self.ours, self.theirs, strict=True)])

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "measured_by": self.measured_by,
            "unit": self.unit,
            "ours": asdict(Spread.of(self.ours)),
            "theirs": asdict(Spread.of(self.theirs)),
            "ratio": asdict(self.ratio),
            "rounds": list(zip(self.ours, self.theirs, strict=True)),
        }


def percentile(values: Sequence[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


class Section(Protocol):
    """Figures under one heading, with ``notes``: lines printed below them."""

    @property
    def heading(self) -> str: ...
    @property
    def figures(self) -> Sequence[Figure]: ...
    @property
    def notes(self) -> Sequence[str]: ...


def as_table(sections: Sequence[Section]) -> str:
    """Grouped by heading, with columns of one width throughout."""
    head = ("MEASURED", "OURS", "MEASURED BY", "THEIRS", "RATIO")
    rows = {each.heading: [_row(figure) for figure in each.figures] for each in sections}
    widths = [max(map(len, cells)) for cells in zip(head, *chain(*rows.values()), strict=True)]
    lines = [_line(head, widths)]
    for each in sections:
        lines += ["", each.heading.upper(), *(_line(row, widths) for row in rows[each.heading])]
        lines += [f"  {note}" for note in each.notes]
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    ours, theirs = (f"{Spread.of(values)} {figure.unit}" for values in (figure.ours, figure.theirs))
    return f"  {figure.name}", ours, figure.measured_by, theirs, str(figure.ratio)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
