"""Mail about absences of managers and deputies, to everybody whom they concern."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row
from kiosk.mail.system.list_content import ListContent
from kiosk.mail.system.system_mail import Content

NAMED = 50  # absences listed in one mail


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAbsence:
    """``by``: who noted it. ``ended_by``: who ended or cancelled it early, else empty."""

    who: str
    starts_at: datetime
    ends_at: datetime
    by: str
    ended_by: str = ""

    @property
    def words(self) -> str:
        if not self.ended_by:
            return f"absence du {moment_words(self.starts_at)} au {moment_words(self.ends_at)}"
        if self.ends_at <= self.starts_at:
            return f"absence du {moment_words(self.starts_at)} annulée"
        return f"de retour le {moment_words(self.ends_at)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsencesTold(ListContent, Content):
    purpose: ClassVar = Purpose.ABSENCE
    why: ClassVar = "vous êtes l'absent, vous pouvez être prévenu à sa place, ou vous êtes le MSSI"

    changes: tuple[ToldAbsence, ...]

    @property
    def banner(self) -> str:
        return "ABSENCES"

    @property
    def headline(self) -> str:
        first = self.changes[0]
        if len(self.changes) > 1:
            return f"{len(self.changes)} absences ou retours"
        what = "fin de l'absence" if first.ended_by else "absence"
        return f"{what} de {first.who}"

    @property
    def total(self) -> int:
        return len(self.changes)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_row(change) for change in self.changes[:NAMED])


def _row(change: ToldAbsence) -> Row:
    by = f"terminée par {change.ended_by}" if change.ended_by else f"notée par {change.by}"
    return Row(change.who, change.words, note=by)
