"""Notices: mails that follow a report's first one in its thread, when it waits, is late, is taken …

Clear facts only; what the reporter wrote is in the first mail and on the console.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from typing import Self

from kiosk import clock
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import ending_words
from kiosk.domain.severity import Severity
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import About, Addressee, Headers, thread_headers
from kiosk.mail.french import moment_words, time_words, written_words
from kiosk.mail.render import Row, template
from kiosk.mail.report.facts import Telephone
from kiosk.mail.safe_text import all_legible
from kiosk.mail.trace_header import trace_rows

LEAD = "mail/_notice_lead.txt"
URGENCY = {"Importance", "X-Priority", "Priority"}


class Reason(StrEnum):
    """``french``: in a few words; templates/mail/_notice_lead.txt has the full text."""

    french: str

    # Every member gives both; mypy needs the default for the look-up ``Reason("late")``.
    def __new__(cls, code: str, french: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.french = french
        return member

    LATE = "late", "personne n'a répondu"
    ABSENT = "absent", "responsable absent"
    UNANSWERED = "unanswered", "personne n'a répondu"
    REOPENED = "reopened", "rouvert"
    LAPSED = "lapsed", "resté sans suite"
    OVERDUE = "overdue", "délai dépassé"
    TAKEN = "taken", "pris en charge"
    TAKEN_OVER = "taken_over", "pris en charge"
    PUT_OFF = "put_off", "nouveau délai"
    CLOSED = "closed", "clos"
    HIDDEN = "hidden", "retiré de la liste"
    BREACH = "breach", "72 heures : décision attendue"

    @property
    def settled(self) -> bool:
        """No further action is needed."""
        return self in (Reason.TAKEN, Reason.TAKEN_OVER, Reason.PUT_OFF, Reason.CLOSED, Reason.HIDDEN)

    @property
    def calls(self) -> bool:
        """The recipient may want to call somebody on site."""
        return not self.settled and self not in (Reason.OVERDUE, Reason.BREACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(About):
    """``before``: who had taken the report before ``actor``; ``told``: names of those who know already.

    ``together``: references of several similar reports, of which this is the first; ``last_at``: receipt of the last;
    ``worst``: their highest severity. ``repeats``: reference of the report that told the same before.

    ``opened_again_at``: since when it waits anew. ``eta_at``: promised time. ``until``: end of an absence, or restart
    of the chain.
    """

    reason: Reason
    site_address: str
    zone_name: str
    ongoing: str
    personal_data: str
    deadline: datetime | None
    written_at: datetime
    telephones: tuple[Telephone, ...] = ()
    told: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    actor: str = ""
    before: str = ""
    outcome: str = ""
    repeats: str = ""
    together: tuple[str, ...] = ()
    last_at: datetime | None = None
    worst: Severity | None = None
    eta_at: datetime | None = None
    opened_again_at: datetime | None = None
    until: datetime | None = None

    @property
    def waited(self) -> str:
        """Without an acknowledgement. Empty when the clock was set back since."""
        return _span(self.opened_again_at or self.received_at, self.written_at)

    @property
    def promised(self) -> str:
        """With its date unless that is the day of the mail."""
        if self.eta_at is None:
            return ""
        same_day = clock.local(self.eta_at).date() == clock.local(self.written_at).date()
        return time_words(self.eta_at) if same_day else f"le {moment_words(self.eta_at)}"

    @property
    def written(self) -> str:
        return written_words(self.written_at)

    @property
    def settled(self) -> bool:
        return self.reason.settled

    @property
    def named(self) -> str:
        """References, in short."""
        others = len(self.together) - 1
        return f"{self.reference} et {others} autre{'s' if others > 1 else ''}" if others > 0 else self.reference

    @property
    def banner(self) -> str:
        if self.settled or self.reason is Reason.BREACH:
            return self.reason.french.upper()
        return f"NIVEAU DE GRAVITÉ\N{NO-BREAK SPACE}: {self.severity.french.upper()}"

    @property
    def outcome_word(self) -> str:
        return f"{ending_words(self.outcome)} ({self.repeats})" if self.repeats else ending_words(self.outcome)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_rows(self))


def compose_notice(notice: Notice, to: Sequence[Addressee], *, why: str, occasion: str) -> list[Composed]:
    """One mail for each in ``to``. Never raises: when a template fails, a plain mail is sent.

    ``why``: the sentence on why they get it. ``occasion``: distinguishes the mails to one of them about this report.
    """
    notice = all_legible(notice)
    context = {
        "notice": notice,
        "lead": cache(partial(lead_of, notice)),  # called by the templates: it may fail like one
        "why": why,
        "trace": trace_rows(notice.trace),
    }
    headed = [(_headers(notice, each, occasion), each) for each in to]
    return compose_pair("notice", context, headed, identity=f"{notice.reference} {occasion}", plain=_plain(notice, why))


def _headers(notice: Notice, to: Addressee, occasion: str) -> Headers:
    recipient = all_legible(to.recipient)
    headers = thread_headers(notice, recipient, to.stationery, occasion=occasion, written=notice.written_at)
    return {name: value for name, value in headers.items() if not (notice.settled and name in URGENCY)}


def lead_of(notice: Notice) -> list[str]:
    """Opening paragraphs: the event, and the action asked for."""
    said = template(LEAD).render(n=notice, when=moment_words)
    return [line.strip() for line in said.splitlines() if line.strip()]


def _rows(notice: Notice) -> Iterator[Row]:
    yield Row("Lieu", " · ".join(filter(None, (notice.site_name, notice.zone_name))))
    if notice.site_address:
        yield Row("Adresse", notice.site_address)
    if notice.together:
        yield from _rows_together(notice)
        return
    ago = _span(notice.received_at + notice.clock_step, notice.written_at)
    note = " ; ".join(filter(None, (notice.clock_remark(notice.received_at), f"il y a {ago}" if ago else "")))
    yield Row("Signalé", f"{moment_words(notice.received_at)}, heure de Paris", note=note)
    if notice.settled:
        yield Row("Gravité", notice.severity.french)
    yield Row("Toujours en cours", Tristate.word(notice.ongoing), strong=True)
    yield Row("Données personnelles", Tristate.word(notice.personal_data), strong=True)
    if notice.deadline:
        yield Row("Délai de 72 heures", f"jusqu'au {moment_words(notice.deadline)}")


def _rows_together(notice: Notice) -> Iterator[Row]:
    """Facts that similar reports have in common; each has its own page."""
    last = moment_words(notice.last_at or notice.received_at)
    yield Row("Signalés", f"du {moment_words(notice.received_at)} au {last}, heure de Paris")
    yield Row("Gravité la plus haute", (notice.worst or notice.severity).french)
    yield Row("Signalements", ", ".join(notice.together))


def _span(since: datetime, until: datetime) -> str:
    if until < since:
        return ""
    length = until - since
    words = "moins d'une minute" if length < timedelta(minutes=1) else clock.span(length, "jours")
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _plain(notice: Notice, why: str) -> str:
    lines = [
        f"Signalement {notice.reference} ({notice.kind_title})",
        f"Gravité : {notice.severity.french}. Site : {notice.site_name}.",
        f"Reçu le {moment_words(notice.received_at)}. Objet de ce courriel : {notice.reason.french}.",
        *([f"Par : {notice.actor}"] if notice.actor else []),
        *([f"Console : {notice.link}"] if notice.link else []),
        why,
        *(f"{row.label} : {row.value}" for row in trace_rows(notice.trace)),
    ]
    return "\n".join(lines)
