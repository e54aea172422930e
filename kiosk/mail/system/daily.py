"""Daily mail: new reports, reports not taken, state of the kiosk. Sent even if nothing happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from kiosk import clock
from kiosk.domain.disk_room import DiskRoom
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.domain.troubles import FoundTrouble
from kiosk.mail.french import date_words, moment_words, word
from kiosk.mail.render import Row, row_words
from kiosk.mail.system.system_mail import Content, Tone


@dataclass(frozen=True, slots=True)
class Counted:
    site_name: str
    kind_title: str
    severity: Severity
    reports: int


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """Without an acknowledgement."""

    reference: str
    kind_title: str
    severity: Severity
    site_name: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskState:
    """``held``: mails refused for good.

    ``certificate_until``: end of the relay's certificate, None if not known.
    """

    undelivered: int
    undelivered_since: datetime | None
    held: int
    relay: str
    certificate_until: datetime | None
    disk: DiskRoom
    clock_ok: bool
    troubles: tuple[FoundTrouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin(Content):
    """``waiting``: the most urgent of ``waiting_count``; ``until``: when the mail is written.

    ``first_…``, ``last_…``: numbers of what is new; nothing is when the last is below the first.
    """

    purpose: ClassVar = Purpose.DAILY
    why: ClassVar = "le MSSI reçoit chaque jour le bilan de la borne"

    day: date
    since: datetime
    until: datetime
    daily_at: time
    counted: tuple[Counted, ...]
    hidden: int
    first_report: int
    last_report: int
    first_event: int
    last_event: int
    waiting: tuple[WaitingReport, ...]
    waiting_count: int
    waiting_since: datetime | None
    undecided: int
    undecided_until: datetime | None
    state: KioskState

    @property
    def banner(self) -> str:
        return "BILAN QUOTIDIEN"

    @property
    def tone(self) -> Tone:
        return Tone.ALARM if self.state.troubles else Tone.PLAIN

    @property
    def subject(self) -> str:
        parts = [f"bilan du {self.day:%d/%m/%Y}", self.headline]
        if self.state.troubles:
            parts.append(_number(len(self.state.troubles), "anomalie", "anomalies"))
        return " · ".join(parts)

    @property
    def headline(self) -> str:
        taken = f"{self.waiting_count} non pris en charge" if self.waiting_count else "tout est pris en charge"
        return f"{_number(self.reports, 'signalement', 'signalements')}, {taken}"

    @property
    def reports(self) -> int:
        return sum(counted.reports for counted in self.counted)

    @property
    def more(self) -> int:
        return self.waiting_count - len(self.waiting)

    @property
    def promise(self) -> str:
        return PROMISE.format(self.daily_at.strftime("%H:%M"))

    @property
    def summary(self) -> tuple[Row, ...]:
        return tuple(_summary(self))

    @property
    def counted_rows(self) -> tuple[Row, ...]:
        return tuple(_counted(each) for each in self.counted)

    @property
    def waiting_rows(self) -> tuple[Row, ...]:
        return tuple(_waiting(each) for each in self.waiting)

    @property
    def state_rows(self) -> tuple[Row, ...]:
        return tuple(_state(self))

    def essentials(self) -> Iterator[str]:
        yield from (f"{row.label} : {row_words(row)}" for row in (*self.summary, *self.state_rows))


RELAYS = {
    "none": "aucun n'est configuré",
    "untried": "pas encore essayé",
    "up": "répond",
    "down": "ne répond pas",
    "refused": "refuse les identifiants de la borne",
}

PROMISE = (
    "Ce bilan part chaque jour à {}, même s'il ne s'est rien passé. S'il n'arrive pas, la borne est muette :"
    " faites-la vérifier."
)


def _number(count: int, one: str, many: str) -> str:
    """In French, 0 takes the singular."""
    return f"{count} {one if count < 2 else many}"


def _summary(bulletin: Bulletin) -> Iterator[Row]:
    until = f"au {moment_words(bulletin.until)}"
    yield Row("Période", f"du {moment_words(bulletin.since)} {until}, heure de Paris")
    numbers = _range(bulletin.first_report, bulletin.last_report)
    hidden = f", et {_number(bulletin.hidden, 'essai ou indésirable', 'essais ou indésirables')}"
    yield Row("Signalements", f"{bulletin.reports}{hidden if bulletin.hidden else ''}{numbers}", strong=True)
    since = f", le plus ancien depuis le {moment_words(bulletin.waiting_since)}" if bulletin.waiting_since else ""
    yield Row("Non pris en charge", f"{bulletin.waiting_count}{since}", strong=bulletin.waiting_count > 0)
    if bulletin.undecided_until:
        until = f", la première avant le {moment_words(bulletin.undecided_until)}"
        yield Row("Violations à décider", f"{bulletin.undecided}{until}", strong=True)
    yield Row("Courriels en attente", _undelivered(bulletin), strong=bulletin.state.undelivered > 0)


def _undelivered(bulletin: Bulletin) -> str:
    if not bulletin.state.undelivered_since:
        return "0"
    age = clock.span(bulletin.until - bulletin.state.undelivered_since, "jours")
    held = f", dont {_number(bulletin.state.held, 'refusé', 'refusés')} par le relais" if bulletin.state.held else ""
    return f"{bulletin.state.undelivered}, le plus ancien depuis {age}{held}"


def _range(first: int, last: int) -> str:
    if last < first:
        return ""
    return f" (n°\N{NO-BREAK SPACE}{first})" if first == last else f" (n°\N{NO-BREAK SPACE}{first} à {last})"


def _counted(each: Counted) -> Row:
    return Row(each.site_name, f"{each.reports} × {each.kind_title}", note=each.severity.french)


def _waiting(each: WaitingReport) -> Row:
    since = f"depuis le {moment_words(each.received_at)}"
    words = (each.severity.french, each.kind_title, each.site_name, since)
    return Row(each.reference, " · ".join(words))


def _state(bulletin: Bulletin) -> Iterator[Row]:
    yield Row("Relais de messagerie", word(RELAYS, bulletin.state.relay))
    if bulletin.state.certificate_until:
        yield Row("Certificat du relais", _certificate(bulletin.state.certificate_until, bulletin.until))
    yield Row("Disque", bulletin.state.disk.french)
    clock_words = "à l'heure" if bulletin.state.clock_ok else "fausse"
    yield Row("Horloge", f"{moment_words(bulletin.until)}, {clock_words}")
    events = max(bulletin.last_event - bulletin.first_event + 1, 0)
    yield Row("Événements", f"{_thousands(events)}{_range(bulletin.first_event, bulletin.last_event)}")


def _certificate(until: datetime, now: datetime) -> str:
    days = (until - now) // timedelta(days=1)
    left = _number(days, "jour", "jours") if days >= 0 else "expiré"
    return f"{left} (jusqu'au {date_words(until)})"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
