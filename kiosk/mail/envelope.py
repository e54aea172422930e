"""Mail headers. They contain nothing that a reporter typed."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple, Self

from kiosk import clock
from kiosk.config import Audience, Settings
from kiosk.domain.addresses import MAIL_ADDRESS
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.french import clock_remark
from kiosk.mail.safe_text import header_text
from kiosk.mail.seal import NO_SEAL, TRIAL, Seal
from kiosk.mail.trace_header import trace_header

SITE_NAME_LENGTH = 60  # characters of a site's name in a subject

ANSWERS = "Une réponse à ce courriel va à {} : la borne ne la lit pas, et répondre ne vaut pas prise en charge."
# All of them but NDR: a notice of failure must come back to the kiosk's mailbox.
SUPPRESSED = "DR, RN, NRN, OOF, AutoReply"

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Stationery:
    """``sender``: From; ``to_address``: To, may be empty; ``domain``: of Message-IDs; ``reply_to``: where answers go.

    ``console_url``: where to read what could not be encrypted, may be empty. ``demo``: a demonstration's mail says so.
    """

    sender: str
    to_address: str
    domain: str
    seal: Seal = NO_SEAL
    console_url: str = ""
    demo: bool = False
    reply_to: str = ""

    @property
    def answers(self) -> str:
        """The sentence on where an answer goes; empty for no address."""
        return ANSWERS.format(self.reply_to) if self.reply_to else ""

    @classmethod
    def of(cls, settings: Settings, audience: Audience) -> Self:
        mail = settings.mail
        seal = Seal.of(settings, audience)
        address, url = audience.address, mail.console_url
        return cls(mail.sender, address, mail.domain, seal, url, settings.demo, mail.answers_to)


def message_id(reference: str, occasion: str, audience: str, domain: str) -> str:
    """The same for every copy and every attempt of one delivery."""
    return f"<{reference.lower()}.{occasion}.{audience}@{domain}>"


def console_link(console_url: str, path: str = "") -> str:
    """Empty if no console is configured."""
    return f"{console_url.rstrip('/')}/{path}" if console_url else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """``kind``: code; ``kind_title``: in French. Times are aware UTC.

    ``clock_step``: to be added to times that a wrong clock gave; zero for all but a few reports.
    """

    reference: str
    kind: str
    kind_title: str
    severity: Severity
    site_name: str
    organisation: str
    received_at: datetime
    clock_step: timedelta = timedelta(0)
    console_url: str = ""
    trace: TraceHead

    def clock_remark(self, moment: datetime) -> str:
        """Beside a moment; empty if the clock was right."""
        return clock_remark(moment, self.clock_step)

    @property
    def link(self) -> str:
        return console_link(self.console_url, f"reports/{self.reference}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """``audience``: its id."""

    audience: str
    name: str


class Addressee(NamedTuple):
    recipient: Recipient
    stationery: Stationery

    @classmethod
    def of(cls, settings: Settings, audience: Audience) -> Self:
        return cls(Recipient(audience.id, audience.name), Stationery.of(settings, audience))


def thread_headers(
    about: About, recipient: Recipient, stationery: Stationery, *, occasion: str, written: datetime
) -> Headers:
    """All mails about a report have one subject and one thread. ``occasion``: distinguishes their Message-IDs.

    The thread has the report itself for its root, of which there is no mail: a first mail that went in a digest is not
    missed.
    """
    root = f"<{about.reference.lower()}@{stationery.domain}>"
    headers = _common_headers(recipient, stationery, written, about.trace)
    headers |= {
        "Subject": _marked(subject(about), trial=stationery.demo),
        "Message-ID": message_id(about.reference, occasion, recipient.audience, stationery.domain),
        "In-Reply-To": root,
        "References": root,
        "X-Kiosk-Reference": about.reference,
        "X-Kiosk-Kind": about.kind,
        "X-Kiosk-Severity": about.severity,
    }
    if about.severity == Severity.CRITICAL:
        headers |= {"Importance": "high", "X-Priority": "1", "Priority": "urgent"}
    return headers


def kiosk_headers(
    recipient: Recipient,
    stationery: Stationery,
    written: datetime,
    trace: TraceHead,
    *,
    subject: str,
    identity: str,
    purpose: Purpose,
) -> Headers:
    """``identity`` must be unique, also among other kiosks' mails."""
    return _common_headers(recipient, stationery, written, trace) | {
        "Subject": _marked(header_text(subject), trial=stationery.demo or purpose is Purpose.TEST),
        "Message-ID": message_id(identity, purpose, recipient.audience, stationery.domain),
    }


def subject(about: About) -> str:
    """Only from the catalogue, the settings and the reference."""
    site = header_text(about.site_name)[:SITE_NAME_LENGTH]
    return header_text(f"[SSI][{about.severity.french.upper()}] {about.kind_title} · {site} · {about.reference}")


def _marked(subject: str, *, trial: bool) -> str:
    return f"{TRIAL}{subject}" if trial else subject


def _common_headers(recipient: Recipient, stationery: Stationery, written: datetime, trace: TraceHead) -> Headers:
    return {
        "Date": format_datetime(clock.local(written)),
        "From": f"Borne de signalement <{stationery.sender}>",
        "To": _to(recipient, stationery.to_address),
        **({"Reply-To": stationery.reply_to} if stationery.reply_to else {}),
        "Auto-Submitted": "auto-generated",  # RFC 3834 §5: prevents absence replies
        "X-Auto-Response-Suppress": SUPPRESSED,
        "List-Id": f"Signalements SSI <signalements-ssi.{stationery.domain}>",
        "Content-Language": "fr",
        **trace_header(trace),
    }


def _to(recipient: Recipient, address: str) -> str:
    """A mailbox, or an empty group (RFC 5322 §3.4) for no address or one that would need quotes.

    The relay reads the envelope, not this.
    """
    name = " ".join(re.findall(r"(?:[^\W_]|['’&-])+", unicodedata.normalize("NFC", recipient.name))) or "Destinataire"
    return f"{name} <{address}>" if MAIL_ADDRESS.fullmatch(address) else f"{name}:;"
