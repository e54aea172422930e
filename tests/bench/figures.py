"""What was measured beside what it is measured by, round after round, as a table for people and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Spread:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
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


def as_table(figures: Sequence[Figure]) -> str:
    rows = [("MEASURED", "OURS", "MEASURED BY", "THEIRS", "RATIO")]
    for figure in figures:
        ours, theirs = (f"{Spread.of(values)} {figure.unit}" for values in (figure.ours, figure.theirs))
        rows.append((figure.name, ours, figure.measured_by, theirs, str(figure.ratio)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
