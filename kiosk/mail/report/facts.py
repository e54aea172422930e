"""What a mail about a report says: plain values, already in French where people read them, codes where programs do.

The rooms above fill this in, so that composing needs neither the catalogue nor the database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.mail.envelope import About


@dataclass(frozen=True, slots=True)
class Said:
    """One question and its answer, both in French; ``coded`` is the answer as codes, or the free text.

    ``free``: the answer is the reporter's own words, to be shown as such.
    """

    code: str
    label: str
    answer: str
    coded: Any
    free: bool = False


@dataclass(frozen=True, slots=True)
class Telephone:
    """Somebody who can be called; ``number`` may be empty."""

    role: str
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Of a report that staff typed for somebody: when and how it was told (code, French words), and who typed it."""

    told_at: datetime
    way: str
    way_words: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(About):
    """``received_at`` is when the report was typed, ``declared_at`` when we learnt of it.

    ``ongoing`` and ``personal_data`` are yes, no or unknown.
    ``ongoing_asked`` is how the kind asks whether it is still going on; ``ongoing_answered`` and
    ``personal_data_answered`` are False when the question was left out.
    ``answer_due``: until when somebody has to take the report, ``answer_from``: who, in words.
    The reporter's own words, never to be taken for ours: ``place``, ``observed_typed`` (a date that could not be
    read), ``already_done``, ``description``, the contact, and the answers marked as free.
    """

    site: str
    site_address: str
    zone: str | None
    zone_name: str
    place: str
    terminal: str | None
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
