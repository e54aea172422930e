"""Mail about the kiosk itself: one frame around the content of each kind. Pure."""

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
    ALARM = "alarm"
    SETTLED = "settled"
    PLAIN = "plain"


class Content(ABC):
    """One kind of mail about the kiosk; its texts are in templates/mail/system/, named for its purpose.

    ``why`` ends the sentence on why the recipient gets it; an ``urgent`` mail is marked as important.
    """

    __slots__ = ()
    purpose: ClassVar[Purpose]
    why: ClassVar[str]

    @property
    @abstractmethod
    def banner(self) -> str:
        """Kind of mail, above the headline."""

    @property
    @abstractmethod
    def subject(self) -> str:
        """Subject, after the name of the kiosk."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """Largest text of the mail."""

    @property
    def tone(self) -> Tone:
        return Tone.PLAIN

    @property
    def urgent(self) -> bool:
        return False

    def essentials(self) -> Iterator[str]:
        """For the plain mail that is sent when a template fails."""
        yield self.headline


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMail:
    """``name``: of the terminal or the organisation. ``identity``: makes the Message-ID unique."""

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
