"""One thing that is wrong with this installation."""

from dataclasses import dataclass

RED, AMBER = "red", "amber"


@dataclass(frozen=True, slots=True)
class Problem:
    """``colour``: red asks for action now, amber soon."""

    colour: str
    what: str
    action: str
