"""A mail about the kiosk itself: one frame around what each kind of them says. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Recipient, Stationery, console_link, kiosk_headers
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.mail.trace_header import trace_rows
from kiosk.version import VERSION

WRITTEN = "Écrit le {}, heure de Paris. S'il vous parvient bien plus tard, le relais de messagerie ne répondait pas."


class Tone(StrEnum):
    """Colour of the largest words, by what they say."""

    ALARM = "alarm"
    SETTLED = "settled"
    PLAIN = "plain"


class Content(ABC):
    """What one kind of mail about the kiosk says. Its words stand in templates/mail/system/, named for its purpose.

    ``why`` ends the sentence on why somebody gets it; an ``urgent`` one is marked as important.
    """

    __slots__ = ()
    purpose: ClassVar[Purpose]
    why: ClassVar[str]

    @property
    @abstractmethod
    def banner(self) -> str:
        """Above the headline: what kind of mail it is."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """Behind the name of the kiosk."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """The largest words of the mail itself."""

    @property
    def tone(self) -> Tone:
        return Tone.PLAIN

    @property
    def urgent(self) -> bool:
        return False

    def essentials(self) -> Iterator[str]:
        """Lines for a plain mail, when the templates cannot be filled in."""
        yield self.headline


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMail:
    """``name``: of the terminal or the organisation. ``identity`` makes the Message-ID that of this mail alone."""

    content: Content
    identity: str
    name: str
    organisation: str
    written_at: datetime
    console_url: str
    trace: TraceHead
    version: str = VERSION

    @property
    def subject(self) -> str:
        return f"[SSI] {self.name} · {self.content.subject}"

    @property
    def link(self) -> str:
        return console_link(self.console_url)

    @property
    def written(self) -> str:
        return WRITTEN.format(moment_words(self.written_at))

    @property
    def rows(self) -> tuple[Row, ...]:
        return Row("Logiciel", f"ssi-kiosk {self.version}"), *trace_rows(self.trace)


def compose_system_mail(mail: SystemMail, recipient: Recipient, stationery: Stationery) -> Composed:
    """Never raises."""
    mail, recipient = all_legible(mail), all_legible(recipient)
    content = mail.content
    headers = kiosk_headers(
        recipient,
        stationery,
        mail.written_at,
        mail.trace,
        subject=mail.subject,
        identity=mail.identity,
        purpose=content.purpose,
    )
    if content.urgent:
        headers |= {"Importance": "high"}
    context = {"mail": mail, "content": content, "recipient": recipient}
    rows = [f"{row.label} : {row_words(row)}" for row in mail.rows]
    plain = "\n".join([headers["Subject"], *content.essentials(), *rows])
    return compose_pair(f"system/{content.purpose}", context, headers, stationery, plain=plain)
