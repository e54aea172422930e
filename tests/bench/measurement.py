"""A measurement: figures that are taken together, round after round."""

from tests.bench.bench import Bench
from tests.bench.figures import Figure


class Measurement:
    """One section of the table. ``once``: in the first round only, because it takes long or does not vary."""

    heading = ""
    once = False

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.figures: list[Figure] = []
        self.notes: list[str] = []

    def figure(self, name: str, measured_by: str, unit: str) -> Figure:
        made = Figure(name, measured_by, unit)
        self.figures.append(made)
        return made

    def round(self) -> None:
        raise NotImplementedError
