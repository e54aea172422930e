"""The headers of a mail. No letter that a reporter typed ever comes here."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from kiosk import clock
from kiosk.mail.facts import Facts, Recipient, TraceHead
from kiosk.mail.letters import header_text
from kiosk.mail.trace import trace_header
from kiosk.mail.words import SEVERITIES, word

# What may stand in To without quotes; anything else is left out, the relay reads the envelope.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
SITE_NAME_LENGTH = 60  # letters of a site's name in a subject

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Stationery:
    """``sender`` stands in From, ``to_address`` (may be empty) in To, ``domain`` in the Message-IDs."""

    sender: str
    to_address: str
    domain: str


def message_id(reference: str, purpose: str, audience: str, domain: str) -> str:
    """The same for every copy and every attempt of one delivery."""
    return f"<{reference.lower()}.{purpose}.{audience}@{domain}>"


def report_headers(facts: Facts, recipient: Recipient, stationery: Stationery) -> Headers:
    root = f"<{facts.reference.lower()}@{stationery.domain}>"  # no mail has it: the report itself is the root
    headers = _common_headers(recipient, stationery, facts.received_at, facts.trace)
    headers |= {
        "Subject": subject(facts),
        "Message-ID": message_id(facts.reference, "report", recipient.audience, stationery.domain),
        "In-Reply-To": root,
        "References": root,
        "X-Kiosk-Reference": facts.reference,
        "X-Kiosk-Kind": facts.kind,
        "X-Kiosk-Severity": facts.severity,
    }
    if facts.severity == "critical":
        headers |= {"Importance": "high", "X-Priority": "1", "Priority": "urgent"}
    return headers


def test_headers(recipient: Recipient, stationery: Stationery, now: datetime, trace: TraceHead) -> Headers:
    identity = f"{clock.local(now):%Y%m%d-%H%M%S}-{now.microsecond:06}"
    return _common_headers(recipient, stationery, now, trace) | {
        "Subject": "[ESSAI][SSI] Courriel d'essai de la borne de signalement",
        "Message-ID": message_id(identity, "test", recipient.audience, stationery.domain),
    }


def subject(facts: Facts) -> str:
    """From the catalogue, the settings and the reference alone."""
    demo = "[ESSAI]" if facts.demo else ""
    severity = word(SEVERITIES, facts.severity).upper()
    site = header_text(facts.site_name)[:SITE_NAME_LENGTH]
    return header_text(f"{demo}[SSI][{severity}] {facts.kind_title} · {site} · {facts.reference}")


def _common_headers(recipient: Recipient, stationery: Stationery, written: datetime, trace: TraceHead) -> Headers:
    return {
        "Date": format_datetime(clock.local(written)),
        "From": f"Borne de signalement <{stationery.sender}>",
        "To": _to(recipient, stationery.to_address),
        "Auto-Submitted": "auto-generated",  # RFC 3834 §5: nobody's absence note comes back
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"Signalements SSI <signalements-ssi.{stationery.domain}>",
        "Content-Language": "fr",
        **trace_header(trace),
    }


def _to(recipient: Recipient, address: str) -> str:
    """An address, or a group without members (RFC 5322 §3.4) while none is known."""
    plain = unicodedata.normalize("NFKD", recipient.name).encode("ascii", "ignore").decode()
    name = " ".join(re.findall(r"[A-Za-z0-9'-]+", plain)) or "Destinataire"
    return f"{name} <{address}>" if ADDRESS.fullmatch(address) else f"{name}:;"
