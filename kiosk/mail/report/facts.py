"""Facts of a report's mail: plain values, in French where people read them, codes where programs do.

Composing needs neither the catalogue nor the database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.domain.report import SentFrom
from kiosk.mail.envelope import About


@dataclass(frozen=True, slots=True)
class Said:
    """A question and its answer, in French; ``coded``: the answer as codes, or the free text.

    ``free``: the answer is in the reporter's own words.
    """

    code: str
    label: str
    answer: str
    coded: Any
    free: bool = False


@dataclass(frozen=True, slots=True)
class ToldReader:
    """``why``: they get the mail, without a capital and a full stop."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Telephone:
    """``number`` may be empty."""

    role: str
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Entered:
    """For a report entered by staff: when and how it was told (code, French words), and who typed it."""

    told_at: datetime
    way: str
    way_words: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(About):
    """``received_at``: when the report was typed; ``declared_at``: when the organisation became aware.

    ``ongoing``, ``personal_data``: yes, no or unknown; ``…_answered``: False when the question was left out.
    ``ongoing_asked``: the kind's wording. ``answer_due``: until when the report must be taken; ``answer_from``: by
    whom, in words. ``readers``: all who get the mail.

    In the reporter's own words, which must never pass for ours: ``place``, ``observed_typed`` (a date that could not be
    read), ``already_done``, ``description``, the contact, and answers marked as free.
    """

    site: str
    site_address: str
    zone: str | None
    zone_name: str
    place: str
    terminal: str | None
    sent_from: SentFrom
    aware_at: datetime
    observed_precision: str
    observed_earliest: datetime | None
    observed_latest: datetime | None
    observed_words: str
    ongoing: str
    personal_data: str
    personal_data_answered: bool
    deadline: datetime | None
    called: str | None
    called_words: str
    already_done: str
    said: tuple[Said, ...]
    description: str
    language: str
    language_name: str
    contact_name: str
    contact_company: str
    contact_telephone: str
    telephones: tuple[Telephone, ...]
    checklist: tuple[str, ...]
    domains: tuple[str, ...]
    cnil_origin: str
    rsit: str
    readers: tuple[ToldReader, ...] = ()
    flags: tuple[str, ...] = ()
    demo: bool = False
    answer_due: datetime | None = None
    answer_from: str = ""
    observed_typed: str = ""
    ongoing_asked: str = ""
    ongoing_answered: bool = True
    entered: Entered | None = None
    version: str = ""

    @property
    def declared_at(self) -> datetime:
        return self.entered.told_at if self.entered else self.received_at
