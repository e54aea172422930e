"""Composes the mails: the final bytes, the same ones however often they are composed."""

import logging
import traceback
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from kiosk.mail import mime
from kiosk.mail.envelope import Headers, Stationery, report_headers, test_headers
from kiosk.mail.facts import Facts, Recipient
from kiosk.mail.fallback import fallback_parts
from kiosk.mail.letters import all_legible
from kiosk.mail.payload import payload_bytes
from kiosk.mail.sheet import sheet_of
from kiosk.mail.templates import template
from kiosk.mail.words import moment_words

logger = logging.getLogger(__name__)

__all__ = ["Composed", "Stationery", "compose_report", "compose_test"]


@dataclass(frozen=True, slots=True)
class Composed:
    """``body``: headers and all, CRLF, 7 bits. ``fallback``: the plain emergency form, because composing failed."""

    message_id: str
    body: bytes
    fallback: bool


def compose_report(facts: Facts, recipient: Recipient, stationery: Stationery) -> Composed:
    """Never raises, whatever the report says and whatever is wrong with a template: then a plain mail goes out."""
    facts, recipient = all_legible(facts), all_legible(recipient)
    headers = report_headers(facts, recipient, stationery)
    try:
        parts = _report_parts(facts, recipient, headers["Message-ID"])
        return _composed(headers, parts, fallback=False)
    except Exception as error:  # noqa: BLE001 - a report leaves even when its mail cannot be made to look right
        _log_without_content(facts.reference, error)
        return _composed(headers, fallback_parts(facts, recipient), fallback=True)


def compose_test(stationery: Stationery, recipient: Recipient, now: datetime, version: str) -> Composed:
    recipient = all_legible(recipient)
    headers = test_headers(recipient, stationery, now)
    context = {"recipient": recipient, "moment": moment_words(now), "version": version}
    return _composed(headers, [_alternative("test", context, headers["Message-ID"])], fallback=False)


def _report_parts(facts: Facts, recipient: Recipient, identity: str) -> list[EmailMessage]:
    context = {"facts": facts, "recipient": recipient, "sheet": sheet_of(facts)}
    return [
        _alternative("report", context, identity),
        mime.attachment(payload_bytes(facts), "application/json", f"incident-{facts.reference}.json"),
    ]


def _alternative(name: str, context: dict[str, object], identity: str) -> EmailMessage:
    text = template(f"mail/{name}.txt").render(context)
    html = template(f"mail/{name}.html").render(context)
    return mime.multipart("alternative", identity, [mime.text_part(text), mime.text_part(html, "html")])


def _composed(headers: Headers, parts: list[EmailMessage], *, fallback: bool) -> Composed:
    identity = headers["Message-ID"]
    whole = parts[0] if len(parts) == 1 else mime.multipart("mixed", identity, parts)
    return Composed(identity, mime.final_bytes(headers, whole), fallback)


def _log_without_content(reference: str, error: Exception) -> None:
    """Where it failed and how, but not the error's text: it may quote the report."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{where.filename}:{where.lineno}"
    logger.error("The mail of %s could not be composed (%s at %s)", reference, type(error).__name__, place)
