"""Trouble: what can be wrong with a kiosk, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Colour(StrEnum):
    """Urgency: red needs action now, amber soon."""

    french: str

    # Every member gives both; mypy needs the default for the look-up ``Colour("red")``.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    RED = "red", "ROUGE"
    AMBER = "amber", "ORANGE"


class Channel(StrEnum):
    """Output that shows a trouble. ``HEALTHZ`` is open to everyone and shows the code alone."""

    MAIL = "mail"
    CONSOLE = "console"
    CHECK = "check"
    HEALTHZ = "healthz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """``title``: for a subject, empty if no mail reports the trouble; ``what`` and ``action``: sentences.

    ``over``: what works again, for the mail that says so; with a title, no trouble goes without.
    ``detail``: its figures, as a ``str.format`` template. The code is used in JSON, in events and in the database.
    """

    code: str
    colour: Colour
    channels: frozenset[Channel]
    title: str = ""
    over: str = ""
    what: str
    action: str
    detail: str = ""

    def found(self, **figures: object) -> "FoundTrouble":
        """Raises KeyError for a missing figure; figures that ``detail`` does not name are ignored."""
        return FoundTrouble(self, self.detail.format(**figures))


@dataclass(frozen=True, slots=True)
class FoundTrouble:
    """``detail``: its figures, may be empty."""

    trouble: Trouble
    detail: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.trouble.what.rstrip('.')} : {self.detail.rstrip('.')}." if self.detail else self.trouble.what
