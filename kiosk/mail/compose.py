"""Composes the mails: the final bytes, the same ones however often they are composed."""

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape

from kiosk.mail import mime
from kiosk.mail.envelope import Headers, Stationery, report_headers, test_headers
from kiosk.mail.facts import Facts, Recipient, TraceHead
from kiosk.mail.fallback import fallback_parts
from kiosk.mail.letters import all_legible
from kiosk.mail.payload import payload_text
from kiosk.mail.seal import outer_headers, sealed
from kiosk.mail.sheet import sheet_of
from kiosk.mail.templates import template, text_item
from kiosk.mail.words import moment_words

logger = logging.getLogger(__name__)

WHY = "\0"  # holds the place of the sentence that differs; no legible text has it

__all__ = ["Composed", "Letter", "Stationery", "compose_report", "compose_test"]


@dataclass(frozen=True, slots=True)
class Composed:
    """``body``: headers and all, CRLF, 7 bits. ``fallback``: the plain emergency form, because composing failed.

    ``unsealed``: it says only that there is something to read, because what it should say could not be encrypted.
    """

    message_id: str
    body: bytes
    fallback: bool
    unsealed: bool = False


class Letter:
    """All that the mails about one report have in common, rendered once; ``to`` addresses it, once per recipient.

    Neither raises, whatever the report says and whatever is wrong with a template: then a plain mail goes out.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = all_legible(facts)
        self._failed = False
        self._text = self._html = ""
        self._attachment = mime.Entity({}, b"")
        try:
            self._render()
        except Exception as error:  # noqa: BLE001 - a report leaves even when its mail cannot be made to look right
            self._failed = True
            _log_without_content(facts.reference, error)

    def to(self, recipient: Recipient, stationery: Stationery) -> Composed:
        recipient = all_legible(recipient)
        headers = report_headers(self._facts, recipient, stationery)
        parts = fallback_parts(self._facts, recipient) if self._failed else self._parts(recipient, headers)
        return _composed(headers, parts, stationery, fallback=self._failed)

    def _render(self) -> None:
        context = {"facts": self._facts, "sheet": sheet_of(self._facts), "why": WHY}
        self._text = template("mail/report.txt").render(context)
        self._html = _with_plain_apostrophes(template("mail/report.html").render(context))
        name = f"incident-{self._facts.reference}.json"
        self._attachment = mime.attachment(payload_text(self._facts), "application/json", name)

    def _parts(self, recipient: Recipient, headers: Headers) -> list[mime.Entity]:
        text = self._text.replace(WHY, text_item(recipient.why))
        html = self._html.replace(WHY, _with_plain_apostrophes(str(escape(recipient.why))))
        return [_alternative(text, html, headers["Message-ID"]), self._attachment]


def compose_report(facts: Facts, recipient: Recipient, stationery: Stationery) -> Composed:
    """The one mail of a report that tells one recipient."""
    return Letter(facts).to(recipient, stationery)


def compose_test(
    stationery: Stationery, recipient: Recipient, now: datetime, *, version: str, trace: TraceHead
) -> Composed:
    recipient = all_legible(recipient)
    headers = test_headers(recipient, stationery, now, trace)
    context = {"recipient": recipient, "moment": moment_words(now), "version": version, "trace": trace}
    return compose_pair("test", context, headers, stationery, plain="Courriel d'essai : aucun incident n'est signalé.")


def compose_pair(
    name: str, context: Mapping[str, Any], headers: Headers, stationery: Stationery, *, plain: str
) -> Composed:
    """A mail of two parts, from the templates mail/NAME.txt and mail/NAME.html; all that it tells must be legible.

    Never raises: ``plain`` goes out in their place when they cannot be filled in.
    """
    try:
        text, html = (template(f"mail/{name}.{form}").render(context) for form in ("txt", "html"))
    except Exception as error:  # noqa: BLE001 - silence would be worse than a mail that does not look right
        _log_without_content(name, error)
        return _composed(headers, [mime.text_part(f"{plain}\n")], stationery, fallback=True)
    html = _with_plain_apostrophes(html)
    parts = [_alternative(text, html, headers["Message-ID"])]
    return _composed(headers, parts, stationery, fallback=False)


def _with_plain_apostrophes(html: str) -> str:
    """Every attribute of a mail stands in double quotes, so that an apostrophe needs no escape; French has many."""
    return html.replace("&#39;", "'")


def _alternative(text: str, html: str, identity: str) -> mime.Entity:
    return mime.multipart("alternative", identity, [mime.text_part(text), mime.text_part(html, "html")])


def _composed(headers: Headers, parts: list[mime.Entity], stationery: Stationery, *, fallback: bool) -> Composed:
    identity = headers["Message-ID"]
    whole = parts[0] if len(parts) == 1 else mime.multipart("mixed", identity, parts)
    return finished(headers, whole, stationery, fallback=fallback)


def finished(headers: Headers, whole: mime.Entity, stationery: Stationery, *, fallback: bool) -> Composed:
    """Sealed as the stationery says. Never raises, and never lets words that were to be encrypted go out in clear."""
    identity = headers["Message-ID"]
    if not stationery.seal.broken:
        try:
            return Composed(identity, sealed(headers, whole, stationery.seal), fallback)
        except (ValueError, TypeError) as error:
            logger.error("A mail could not be sealed (%s)", type(error).__name__)
    outer = outer_headers(headers)
    words = mime.text_part(_unsealed_words(headers.get("X-Kiosk-Reference", ""), stationery.console_url))
    return Composed(identity, mime.final_bytes(outer, words), fallback, unsealed=True)


def _unsealed_words(reference: str, console_url: str) -> str:
    subject = f"du signalement {reference}" if reference else "de la borne elle-même"
    where = "sur la console"
    if console_url:
        where += f" : {console_url.rstrip('/')}/{f'reports/{reference}' if reference else ''}"
    return (
        f"Un message vous attend au sujet {subject}.\n\n"
        "Il devait être chiffré et n'a pas pu l'être : il n'est donc pas dans ce courriel.\n"
        f"Lisez-le {where}\n\n"
        "Faites vérifier sur la borne le certificat de ce destinataire (kiosk check).\n"
    )


def _log_without_content(what: str, error: Exception) -> None:
    """Where it failed and how, but not the error's text: it may quote the report."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{where.filename}:{where.lineno}"
    logger.error("The mail of %s could not be composed (%s at %s)", what, type(error).__name__, place)
