"""Mail about reports that will soon lose their content, in time to hold one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.mail.french import date_words
from kiosk.mail.render import Row
from kiosk.mail.system.list_content import ListContent
from kiosk.mail.system.system_mail import Content


@dataclass(frozen=True, slots=True)
class GoingReport:
    """``on``: first day on which the content may be erased."""

    reference: str
    kind_title: str
    site_name: str
    received_at: datetime
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingPurge(ListContent, Content):
    """``going``: the first of ``count``; ``notice``: days between this mail's leaving and the first erasure."""

    purpose: ClassVar = Purpose.RETENTION
    why: ClassVar = "le MSSI est prévenu avant que le contenu de signalements soit effacé"

    going: tuple[GoingReport, ...]
    count: int
    notice: int

    @property
    def never_before(self) -> str:
        return f"Rien n'est effacé moins de {self.notice} jours après l'envoi de ce courriel, même s'il est parti tard."

    @property
    def banner(self) -> str:
        return "CONSERVATION"

    @property
    def headline(self) -> str:
        many = "s" if self.count > 1 else ""
        return f"{self.count} signalement{many} bientôt effacé{many}"

    @property
    def total(self) -> int:
        return self.count

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_row(each) for each in self.going)

    def essentials(self) -> Iterator[str]:
        yield "S'il y a quelque chose à garder, choisissez « Geler » dans la console avant la date indiquée."
        yield self.never_before
        yield from ListContent.essentials(self)


def _row(each: GoingReport) -> Row:
    words = (
        each.kind_title,
        each.site_name,
        f"reçu le {date_words(each.received_at)}",
        f"à partir du {each.on:%d/%m/%Y}",
    )
    return Row(each.reference, " · ".join(words))
