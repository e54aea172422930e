"""Mail about the kiosk itself: one frame around the content of each kind. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Addressee, Headers, console_link, kiosk_headers
from kiosk.mail.french import written_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.mail.trace_header import trace_rows
from kiosk.version import VERSION


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
    def why(self) -> str:
        return f"Vous recevez ce courriel parce que {self.content.why}."

    @property
    def written(self) -> str:
        return written_words(self.written_at)

    @property
    def rows(self) -> tuple[Row, ...]:
        return Row("Logiciel", f"ssi-kiosk {self.version}"), *trace_rows(self.trace)


def compose_system_mail(mail: SystemMail, to: Sequence[Addressee]) -> list[Composed]:
    """One mail for each in ``to``. Never raises."""
    if not to:
        return []
    mail = all_legible(mail)
    headed = [(system_headers(mail, each), each) for each in to]
    name, context, plain = template_of(mail, headed[0][0]["Subject"])
    return compose_pair(name, context, headed, identity=mail.identity, plain=plain)


def template_of(mail: SystemMail, subject: str) -> tuple[str, dict[str, Any], str]:
    """Name and context of the template, and the plain text in its place. ``mail`` must be legible."""
    rows = [f"{row.label} : {row_words(row)}" for row in mail.rows]
    plain = "\n".join([subject, *mail.content.essentials(), *rows])
    return f"system/{mail.content.purpose}", {"mail": mail, "content": mail.content}, plain


def system_headers(mail: SystemMail, to: Addressee) -> Headers:
    headers = kiosk_headers(
        all_legible(to.recipient),
        to.stationery,
        mail.written_at,
        mail.trace,
        subject=mail.subject,
        identity=mail.identity,
        purpose=mail.content.purpose,
    )
    return headers | ({"Importance": "high"} if mail.content.urgent else {})
