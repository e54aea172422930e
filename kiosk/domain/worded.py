"""Enumerations whose members have a French word."""

from enum import StrEnum
from typing import Self


class Worded(StrEnum):
    french: str

    # Every member gives both; mypy needs the default for the look-up ``Severity("high")``.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    @classmethod
    def word(cls, code: str) -> str:
        """An unknown code as it is, so that no mail or page fails."""
        return next((member.french for member in cls if member == code), code)
