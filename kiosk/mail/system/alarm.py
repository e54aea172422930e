"""Alarm mail: troubles that began or ended; one mail for each change, not for each error."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.troubles import Trouble
from kiosk.mail.french import moment_words
from kiosk.mail.system.system_mail import Content, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleChange:
    """Red from ``since`` to ``until`` (None: still red). ``detail``: figures, may be empty."""

    trouble: Trouble
    since: datetime
    until: datetime | None = None
    detail: str = ""

    @property
    def red(self) -> bool:
        return self.until is None

    @property
    def recovered(self) -> str:
        return self.trouble.over[:1].upper() + self.trouble.over[1:]

    @property
    def period(self) -> str:
        if self.until is None:
            return f"depuis le {moment_words(self.since)}"
        if self.until < self.since:
            return f"depuis le {moment_words(self.until)} ; l'horloge a changé pendant l'alarme"
        lasted = clock.span(self.until - self.since, "jours")
        return f"du {moment_words(self.since)} au {moment_words(self.until)} ({lasted})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Content):
    """``still``: reported before and still red."""

    purpose: ClassVar = Purpose.ALARM
    why: ClassVar = "toute anomalie de la borne est annoncée au MSSI"

    changes: tuple[TroubleChange, ...]
    still: tuple[TroubleChange, ...]

    @property
    def red(self) -> tuple[TroubleChange, ...]:
        return tuple(change for change in self.changes if change.red)

    @property
    def green(self) -> tuple[TroubleChange, ...]:
        return tuple(change for change in self.changes if not change.red)

    @property
    def banner(self) -> str:
        return "ALARME" if self.red else "FIN D'ALARME"

    @property
    def tone(self) -> Tone:
        return Tone.ALARM if self.red else Tone.SETTLED

    @property
    def urgent(self) -> bool:
        return bool(self.red)

    @property
    def subject(self) -> str:
        return " ; ".join(self._announced())

    @property
    def headline(self) -> str:
        titles = _titles(self.red) or _over(self.green)
        return titles[:1].upper() + titles[1:]

    def essentials(self) -> Iterator[str]:
        yield from (f"{change.trouble.what} {change.period}" for change in self.red)
        yield from (f"{change.recovered} : {change.trouble.title} {change.period}" for change in self.green)

    def _announced(self) -> Iterator[str]:
        if self.red:
            yield f"{'alarme' if len(self.red) == 1 else 'alarmes'} : {_titles(self.red)}"
        if self.green:
            yield f"fin d'alarme : {_over(self.green)}"


def _titles(changes: tuple[TroubleChange, ...]) -> str:
    return ", ".join(change.trouble.title for change in changes)


def _over(changes: tuple[TroubleChange, ...]) -> str:
    return ", ".join(change.trouble.over for change in changes)
