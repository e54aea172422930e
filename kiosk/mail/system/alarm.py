"""The mail that says what has gone wrong with the kiosk, or is right again: one for each change, not for each error."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.domain.troubles import Trouble
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Recipient, Stationery, kiosk_headers
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.version import VERSION

WRITTEN = "Écrit le {}, heure de Paris. S'il vous parvient bien plus tard, le relais de messagerie ne répondait pas."


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleChange:
    """Red since ``since``; and, unless it still is, until ``until``. ``detail`` holds the figures, may be empty."""

    trouble: Trouble
    since: datetime
    until: datetime | None = None
    detail: str = ""

    @property
    def red(self) -> bool:
        return self.until is None

    @property
    def period(self) -> str:
        if self.until is None:
            return f"depuis le {moment_words(self.since)}"
        lasted = clock.span(self.until - self.since, "jours")
        return f"du {moment_words(self.since)} au {moment_words(self.until)} ({lasted})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """``changes`` are what this mail is for, ``still`` is what was told before and is red yet."""

    name: str
    organisation: str
    changes: tuple[TroubleChange, ...]
    still: tuple[TroubleChange, ...]
    written_at: datetime
    demo: bool
    console_url: str
    trace: TraceHead
    version: str = VERSION

    @property
    def red(self) -> tuple[TroubleChange, ...]:
        return tuple(change for change in self.changes if change.red)

    @property
    def green(self) -> tuple[TroubleChange, ...]:
        return tuple(change for change in self.changes if not change.red)

    @property
    def headline(self) -> str:
        return " ; ".join(_announced(self))

    @property
    def title(self) -> str:
        titles = _titles(self.red) or f"terminé : {_titles(self.green)}"
        return titles[:1].upper() + titles[1:]


def compose_alarm(alarm: Alarm, recipient: Recipient, stationery: Stationery, *, identity: str) -> Composed:
    """Never raises. ``identity`` makes the Message-ID that of this alarm alone."""
    alarm, recipient = all_legible(alarm), all_legible(recipient)
    headers = kiosk_headers(
        recipient,
        stationery,
        alarm.written_at,
        alarm.trace,
        subject=subject(alarm),
        identity=identity,
        purpose=Purpose.ALARM,
    )
    if alarm.red:
        headers |= {"Importance": "high"}
    rows = tuple(_rows(alarm))
    context = {
        "alarm": alarm,
        "rows": rows,
        "recipient": recipient,
        "written": WRITTEN.format(moment_words(alarm.written_at)),
    }
    plain = [subject(alarm), *(f"{change.trouble.what} {change.period}" for change in alarm.changes)]
    plain += [f"{row.label} : {row_words(row)}" for row in rows]
    return compose_pair("alarm", context, headers, stationery, plain="\n".join(plain))


def subject(alarm: Alarm) -> str:
    demo = "[ESSAI]" if alarm.demo else ""
    return f"{demo}[SSI] {alarm.name} · {alarm.headline}"


def _announced(alarm: Alarm) -> Iterator[str]:
    if alarm.red:
        word = "alarme" if len(alarm.red) == 1 else "alarmes"
        yield f"{word} : {_titles(alarm.red)}"
    if alarm.green:
        yield f"fin d'alarme : {_titles(alarm.green)}"


def _titles(changes: tuple[TroubleChange, ...]) -> str:
    return ", ".join(change.trouble.title for change in changes)


def _rows(alarm: Alarm) -> Iterator[Row]:
    yield Row("Logiciel", f"ssi-kiosk {alarm.version}")
    yield Row("Trace", f"événement {alarm.trace.sequence}")
    yield Row("Empreinte de la trace", alarm.trace.digest)
