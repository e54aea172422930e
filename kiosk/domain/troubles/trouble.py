"""A trouble: what can be wrong with a kiosk, and what the people on duty do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Colour(StrEnum):
    """Urgency: red asks for action now, amber soon."""

    french: str

    # Every member gives both; the default is for the look-up ``Colour("red")``, as mypy reads it.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    RED = "red", "ROUGE"
    AMBER = "amber", "ORANGE"


class Channel(StrEnum):
    """Where a trouble may be shown. ``HEALTHZ`` is open to everyone and shows the code alone."""

    MAIL = "mail"
    CONSOLE = "console"
    CHECK = "check"
    HEALTHZ = "healthz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """``title`` is for a subject, and empty where no mail tells the trouble; ``what`` and ``action`` are sentences.

    ``detail`` names the figures that belong to it, as ``str.format`` fills them in. Only the code is not French: it
    stands in JSON, in events and in the database.
    """

    code: str
    colour: Colour
    channels: frozenset[Channel]
    title: str = ""
    what: str
    action: str
    detail: str = ""

    def found(self, **figures: object) -> "FoundTrouble":
        """Raises KeyError when a figure is missing; the ones that ``detail`` does not name are left out."""
        return FoundTrouble(self, self.detail.format(**figures))


@dataclass(frozen=True, slots=True)
class FoundTrouble:
    """A trouble that is there now; ``detail`` holds its figures, and may be empty."""

    trouble: Trouble
    detail: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.trouble.what.rstrip('.')} : {self.detail.rstrip('.')}." if self.detail else self.trouble.what
