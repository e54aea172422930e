"""Mail composition: from templates to the final bytes.

Composing a mail again gives the same bytes, apart from a seal (see kiosk.mail.seal).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.discreet import traceback_of
from kiosk.mail import mime
from kiosk.mail.envelope import Headers, Stationery, console_link
from kiosk.mail.render import template
from kiosk.mail.seal import outer_headers, sealed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """``body``: with headers, CRLF, 7 bits. ``fallback``: the plain emergency mail, because composing failed.

    ``unsealed``: it says only that there is something to read, because its text could not be encrypted.
    """

    message_id: str
    body: bytes
    fallback: bool
    unsealed: bool = False


def compose_pair(
    name: str, context: Mapping[str, Any], headers: Headers, stationery: Stationery, *, plain: str
) -> Composed:
    """From the templates mail/NAME.txt and mail/NAME.html; every text must be legible.

    Never raises: ``plain`` is sent instead when a template fails.
    """
    told = {**context, "demo": stationery.demo, "answers": stationery.answers}
    try:
        text, html = (template(f"mail/{name}.{form}").render(told) for form in ("txt", "html"))
    except Exception as error:  # noqa: BLE001 - a plain mail is better than none
        logger.error("the mail %s could not be composed\n%s", headers["Message-ID"], traceback_of(error))
        return put_together(headers, [mime.text_part(f"{plain}\n{stationery.answers}\n")], stationery, fallback=True)
    html = with_plain_apostrophes(html)
    parts = [alternative(text, html, headers["Message-ID"])]
    return put_together(headers, parts, stationery, fallback=False)


def with_plain_apostrophes(html: str) -> str:
    """Safe: attributes in mails have double quotes only. French has many apostrophes."""
    return html.replace("&#39;", "'")


def alternative(text: str, html: str, identity: str) -> mime.Entity:
    return mime.multipart("alternative", identity, [mime.text_part(text), mime.text_part(html, "html")])


def put_together(headers: Headers, parts: list[mime.Entity], stationery: Stationery, *, fallback: bool) -> Composed:
    identity = headers["Message-ID"]
    whole = parts[0] if len(parts) == 1 else mime.multipart("mixed", identity, parts)
    return finished(headers, whole, stationery, fallback=fallback)


def finished(headers: Headers, whole: mime.Entity, stationery: Stationery, *, fallback: bool) -> Composed:
    """Never raises; never sends in clear what must be encrypted."""
    identity = headers["Message-ID"]
    if not stationery.seal.broken:
        try:
            return Composed(identity, sealed(headers, whole, stationery.seal), fallback)
        except (ValueError, TypeError) as error:
            logger.error("a mail could not be sealed\n%s", traceback_of(error))
    outer = outer_headers(headers)
    told = _unsealed_words(headers.get("X-Kiosk-Reference", ""), stationery.console_url)
    words = mime.text_part(f"{told}\n{stationery.answers}\n")
    return Composed(identity, mime.final_bytes(outer, words), fallback, unsealed=True)


def _unsealed_words(reference: str, console_url: str) -> str:
    subject = f"du signalement {reference}" if reference else "de la borne elle-même"
    link = console_link(console_url, f"reports/{reference}" if reference else "")
    where = f"sur la console : {link}" if link else "sur la console"
    return (
        f"Un message vous attend au sujet {subject}.\n\n"
        "Il devait être chiffré et n'a pas pu l'être : il n'est donc pas dans ce courriel.\n"
        f"Lisez-le {where}\n\n"
        "Faites vérifier sur la borne le certificat de ce destinataire (kiosk check).\n"
    )
