"""Enumerations whose members carry their French word."""

from enum import StrEnum
from typing import Self


class Worded(StrEnum):
    """Base class: each member gives its code and its French word."""

    french: str

    # Every member gives both; the default is for the look-up ``Severity("high")``, as mypy reads it.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    @classmethod
    def word(cls, code: str) -> str:
        """French word of a code; the code itself when it is unknown, so that no mail and no page fails for one."""
        return next((member.french for member in cls if member == code), code)
