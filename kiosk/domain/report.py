"""Report as the contractor told it, from which everything behind the public door is made. Pure.

Five representations:

- ``Report``, here: what was said, with what follows from it (severity, deadline …);
- ``ReportRow`` in the store: the clear columns, readable without a key (``NewReport`` and ``StoredReport`` add the
  sealed ones, before and after storing);
- ``ReportStatus`` in the store: its state for those on duty, with the revision for a compare-and-set;
- ``ListedReport`` in the store: a line of a list, read from indexes alone;
- ``Facts`` in the mails: its content in French (``About`` is common to all mails about a report).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kiosk.domain.catalogue import Answers, Domain, Kind, Tristate, first_match, kind_of
from kiosk.domain.cnil import NOTIFICATION_DELAY
from kiosk.domain.moment import NOT_SAID, Moment, Precision
from kiosk.domain.reference import follow_up_code
from kiosk.domain.severity import Severity
from kiosk.domain.submission import Submission
from kiosk.domain.worded import Worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    name: str = ""
    company: str = ""
    telephone: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.company or self.telephone)


class TellingWay(Worded):
    SPOKEN = "spoken", "de vive voix"
    TELEPHONE = "telephone", "par téléphone"
    PAPER = "paper", "sur papier"


class SentFrom(Worded):
    """Sender of a report or an addition: the terminal, another machine, or a colleague for somebody else."""

    TERMINAL = "terminal", "à la borne"
    VISITOR = "visitor", "hors borne"
    STAFF = "staff", "saisi à la console"

    @property
    def warning(self) -> str:
        """For mails and console; empty unless the sender may be anybody on the network."""
        return f"{self.french} : par un autre appareil que la borne" if self is SentFrom.VISITOR else ""


@dataclass(frozen=True, slots=True)
class Telling:
    """Told to staff ``at`` a moment, entered later ``by`` a member under ``account``."""

    at: datetime
    way: TellingWay
    by: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``answers``: to the kind's own questions. ``personal_data_answer``: None when the question was left out.

    ``received_at``: when it was typed. ``told``: None unless staff typed it for somebody.
    """

    submission: Submission
    kind_code: str
    site: str
    terminal: str | None
    language: str
    received_at: datetime
    zone: str | None = None
    place: str = ""
    observed: Moment = NOT_SAID
    ongoing: Tristate | None = None
    personal_data_answer: Tristate | None = None
    called: str | None = None
    already_done: str = ""
    answers: Answers = field(default_factory=dict)
    description: str = ""
    contact: Contact = field(default_factory=Contact)
    told: Telling | None = None
    sent_from: SentFrom = SentFrom.TERMINAL
    flags: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.kind_code)

    @property
    def all_answers(self) -> dict[str, str | tuple[str, ...]]:
        """The kind's own, and the common closed ones: for the rules."""
        common = {
            "zone": self.zone,
            "ongoing": self.ongoing,
            "personal_data": self.personal_data,
            "called": self.called,
        }
        return {**self.answers, **{code: str(answer) for code, answer in common.items() if answer}}

    @property
    def personal_data(self) -> Tristate:
        return self.personal_data_answer or self.kind.personal_data_unasked(self.answers)

    @property
    def severity(self) -> Severity:
        return first_match(self.kind.severity, self.all_answers)

    @property
    def domains(self) -> tuple[Domain, ...]:
        return first_match(self.kind.domains, self.all_answers)

    @property
    def cnil_origin(self) -> str:
        return first_match(self.kind.cnil_origin, self.all_answers)

    @property
    def rsit(self) -> str:
        return first_match(self.kind.rsit, self.all_answers)

    @property
    def declared_at(self) -> datetime:
        """Moment when the organisation became aware (GDPR art. 33(1))."""
        return self.told.at if self.told else self.received_at

    @property
    def aware_at(self) -> datetime:
        """Latest moment when the contractor became aware (GDPR art. 33(2))."""
        latest = self.observed.latest
        return min(latest, self.declared_at) if latest else self.declared_at

    @property
    def deadline(self) -> datetime | None:
        """72 hours after the organisation became aware; None if personal data is excluded."""
        return None if self.personal_data == Tristate.NO else self.declared_at + NOTIFICATION_DELAY

    @property
    def follow_up_code(self) -> str:
        return follow_up_code(self.submission)

    def content(self) -> dict[str, Any]:
        """To be sealed: everything that was said, without the contact."""
        return {
            "answers": {code: list(v) if isinstance(v, tuple) else v for code, v in sorted(self.answers.items())},
            "place": self.place,
            "observed_typed": self.observed.typed,
            "called": self.called,
            "already_done": self.already_done,
            "description": self.description,
        }

    def left_out(self) -> dict[str, list[str]]:
        """Unanswered questions whose clear columns hold a default; sealed as well."""
        asked = {"ongoing": self.ongoing, "personal_data": self.personal_data_answer}
        return {"left_out": [code for code, answer in asked.items() if answer is None]}

    def contact_content(self) -> dict[str, str]:
        return {"name": self.contact.name, "company": self.contact.company, "telephone": self.contact.telephone}

    def fingerprint(self) -> bytes:
        # "Today" is the same answer in a retry after midnight; of a typed date the bounds count.
        dated = (self.observed.earliest, self.observed.latest) if self.observed.precision == Precision.AT else ()
        told: Mapping[str, Any] = {
            "kind": self.kind_code,
            "zone": self.zone,
            "observed": [self.observed.precision, self.observed.typed],
            "dated": [str(moment) for moment in dated],
            "ongoing": self.ongoing,
            "personal_data": self.personal_data_answer,
            "content": self.content(),
            "contact": self.contact_content(),
        }
        if self.told:
            told = {**told, "told": [str(self.told.at), self.told.way]}
        return self.submission.fingerprint(json.dumps(told, sort_keys=True, ensure_ascii=False))

    def as_another(self) -> "Report":
        """The same content under a submission id of its own."""
        return replace(self, submission=self.submission.another(self.fingerprint()))
