"""The daily mail: what came in, what nobody has taken, how the kiosk itself is. It leaves even if nothing happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.domain.trace_head import TraceHead
from kiosk.domain.troubles import FoundTrouble
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Recipient, Stationery, kiosk_headers
from kiosk.mail.french import date_words, moment_words, word
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.version import VERSION

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Counted:
    """Reports of one site, kind and severity, with the French names of the first two."""

    site_name: str
    kind_title: str
    severity: Severity
    reports: int


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """A report that nobody has acknowledged."""

    reference: str
    kind_title: str
    severity: Severity
    site_name: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """``name``: of the terminal or the organisation; ``waiting`` lists the most urgent of ``waiting_count``.

    ``certificate_until``: how long the relay's certificate holds, None where that is not known; ``disk_free`` in bytes.
    ``first_…`` and ``last_…`` number what is new: nothing is when the last is below the first.
    """

    name: str
    organisation: str
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
    undelivered: int
    undelivered_since: datetime | None
    held: int
    relay: str
    certificate_until: datetime | None
    disk_free: int
    clock_ok: bool
    troubles: tuple[FoundTrouble, ...]
    demo: bool
    console_url: str
    trace: TraceHead
    version: str = VERSION

    @property
    def reports(self) -> int:
        return sum(counted.reports for counted in self.counted)


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


def compose_daily(bulletin: Bulletin, recipient: Recipient, stationery: Stationery, *, identity: str) -> Composed:
    """``identity`` makes the Message-ID that of this kiosk and this day alone."""
    bulletin, recipient = all_legible(bulletin), all_legible(recipient)
    headers = kiosk_headers(
        recipient,
        stationery,
        bulletin.until,
        bulletin.trace,
        subject=subject(bulletin),
        identity=identity,
        purpose=Purpose.DAILY,
    )
    context = {
        "bulletin": bulletin,
        "summary": tuple(_summary(bulletin)),
        "counted": tuple(_counted(each) for each in bulletin.counted),
        "waiting": tuple(_waiting(each) for each in bulletin.waiting),
        "more": bulletin.waiting_count - len(bulletin.waiting),
        "state": tuple(_state(bulletin)),
        "headline": reports_words(bulletin),
        "promise": PROMISE.format(bulletin.daily_at.strftime("%H:%M")),
        "recipient": recipient,
    }
    return compose_pair("daily", context, headers, stationery, plain=_plain(bulletin))


def subject(bulletin: Bulletin) -> str:
    demo = "[ESSAI]" if bulletin.demo else ""
    parts = [bulletin.name, f"bilan du {bulletin.day:%d/%m/%Y}", reports_words(bulletin)]
    if bulletin.troubles:
        parts.append(_number(len(bulletin.troubles), "anomalie", "anomalies"))
    return f"{demo}[SSI] {' · '.join(parts)}"


def reports_words(bulletin: Bulletin) -> str:
    reports = _number(bulletin.reports, "signalement", "signalements")
    return f"{reports}, {_untaken(bulletin.waiting_count)}"


def _untaken(count: int) -> str:
    return f"{count} non pris en charge" if count else "tout est pris en charge"


def _number(count: int, one: str, many: str) -> str:
    """French counts nought as one."""
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
    yield Row("Courriels en attente", _undelivered(bulletin), strong=bulletin.undelivered > 0)


def _undelivered(bulletin: Bulletin) -> str:
    if not bulletin.undelivered_since:
        return "0"
    age = clock.span(bulletin.until - bulletin.undelivered_since, "jours")
    held = f", dont {_number(bulletin.held, 'refusé', 'refusés')} par le relais" if bulletin.held else ""
    return f"{bulletin.undelivered}, le plus ancien depuis {age}{held}"


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
    yield Row("Relais de messagerie", word(RELAYS, bulletin.relay))
    if bulletin.certificate_until:
        yield Row("Certificat du relais", _certificate(bulletin.certificate_until, bulletin.until))
    yield Row("Disque", f"{_thousands(bulletin.disk_free // MEBIBYTE)} Mio libres")
    clock_words = "cohérente avec la trace" if bulletin.clock_ok else "a reculé"
    yield Row("Horloge", f"{moment_words(bulletin.until)}, {clock_words}")
    events = max(bulletin.last_event - bulletin.first_event + 1, 0)
    yield Row("Événements", f"{_thousands(events)}{_range(bulletin.first_event, bulletin.last_event)}")
    yield Row("Logiciel", f"ssi-kiosk {bulletin.version}")
    yield Row("Trace", f"événement {bulletin.trace.sequence}")
    yield Row("Empreinte de la trace", bulletin.trace.digest)


def _certificate(until: datetime, now: datetime) -> str:
    days = (until - now) // timedelta(days=1)
    left = _number(days, "jour", "jours") if days >= 0 else "expiré"
    return f"{left} (jusqu'au {date_words(until)})"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _plain(bulletin: Bulletin) -> str:
    rows = [*_summary(bulletin), *_state(bulletin)]
    return "\n".join([subject(bulletin), *(f"{row.label} : {row_words(row)}" for row in rows)])
