"""How severe a report is."""

from enum import StrEnum
from typing import Self


class Severity(StrEnum):
    """Severity levels, the most severe first."""

    french: str

    # Every member gives both; the default is for the look-up ``Severity("high")``, as mypy reads it.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    CRITICAL = "critical", "critique"
    HIGH = "high", "élevé"
    NORMAL = "normal", "normal"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)
