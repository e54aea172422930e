"""Mail composition: from templates to the final bytes.

A mail to several audiences is composed once. Only a few header lines (OWN) are written for each, so that the outbox
keeps one body for all. Composing a mail again gives the same bytes, apart from a seal (see kiosk.mail.seal).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kiosk.discreet import traceback_of
from kiosk.mail import mime
from kiosk.mail.envelope import Addressee, Headers, Stationery, console_link
from kiosk.mail.render import template
from kiosk.mail.seal import OWN, Seal, joined, outer_headers, sealed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail to one audience is ``head`` and ``body``: final bytes, CRLF, 7 bits.

    ``head``: the header lines OWN. ``body``: the other headers and the text; audiences of one mail share it.
    ``fallback``: the plain emergency mail, because composing failed. ``unsealed``: it says only that there is something
    to read, because its text could not be encrypted.
    """

    message_id: str
    head: bytes
    body: bytes
    fallback: bool
    unsealed: bool = False

    @property
    def whole(self) -> bytes:
        return self.head + self.body


def compose_pair(
    name: str, context: Mapping[str, Any], to: Sequence[tuple[Headers, Addressee]], *, identity: str, plain: str
) -> list[Composed]:
    """From the templates mail/NAME.txt and mail/NAME.html, one mail for each in ``to``; every text must be legible.

    Never raises: ``plain`` is sent instead when a template fails. ``identity``: of the boundaries.
    """
    if not to:
        return []
    part, fallback = rendered_pair(name, context, to[0][1].stationery, identity=identity, plain=plain)
    return addressed(to, [part], identity=identity, fallback=fallback)


def rendered_pair(
    name: str, context: Mapping[str, Any], stationery: Stationery, *, identity: str, plain: str
) -> tuple[mime.Entity, bool]:
    """As in ``compose_pair``; True with the plain text."""
    told = {**context, "demo": stationery.demo, "answers": stationery.answers}
    try:
        text, html = (template(f"mail/{name}.{form}").render(told) for form in ("txt", "html"))
    except Exception as error:  # noqa: BLE001 - a plain mail is better than none
        logger.error("the mail %s could not be composed\n%s", identity, traceback_of(error))
        return mime.text_part(f"{plain}\n{stationery.answers}\n"), True
    return alternative(text, with_plain_apostrophes(html), identity), False


def with_plain_apostrophes(html: str) -> str:
    """Safe: attributes in mails have double quotes only. French has many apostrophes."""
    return html.replace("&#39;", "'")


def alternative(text: str, html: str, identity: str) -> mime.Entity:
    return mime.multipart("alternative", identity, [mime.text_part(text), mime.text_part(html, "html")])


def addressed(
    to: Sequence[tuple[Headers, Addressee]], parts: Sequence[mime.Entity], *, identity: str, fallback: bool = False
) -> list[Composed]:
    """One mail for each in ``to``, whose headers differ in OWN alone.

    Never raises; never sends in clear what must be encrypted.
    """
    whole = parts[0] if len(parts) == 1 else mime.multipart("mixed", identity, parts)
    bodies = _Bodies(to[0][0], whole, identity, joined(each.stationery.seal for _, each in to))
    return [_addressed(headers, each, bodies, fallback=fallback) for headers, each in to]


class _Bodies:
    """The body in its two forms, each made when it is first asked for, and then the same bytes for all."""

    def __init__(self, headers: Headers, whole: mime.Entity, identity: str, seal: Seal) -> None:
        self._parts = ({name: headers[name] for name in headers if name not in OWN}, whole, identity)
        self._seal = seal

    @cached_property
    def in_clear(self) -> bytes:
        return sealed(*self._parts, Seal(signer=self._seal.signer))

    @cached_property
    def encrypted(self) -> bytes | None:
        return self._encrypted_to(self._seal)

    def encrypted_to(self, seal: Seal) -> bytes | None:
        """For all together; apart if one of their certificates cannot be used, which must cost the others nothing."""
        if self.encrypted or seal == self._seal:
            return self.encrypted
        return self._encrypted_to(seal)

    def _encrypted_to(self, seal: Seal) -> bytes | None:
        try:
            return sealed(*self._parts, seal)
        except (ValueError, TypeError) as error:
            logger.error("a mail could not be sealed\n%s", traceback_of(error))
            return None


def _addressed(headers: Headers, to: Addressee, bodies: _Bodies, *, fallback: bool) -> Composed:
    seal, message_id = to.stationery.seal, headers["Message-ID"]
    head = mime.header_lines((name, headers[name]) for name in OWN if name in headers)
    body = None if seal.broken else bodies.encrypted_to(seal) if seal.recipients else bodies.in_clear
    if body is not None:
        return Composed(message_id, head, body, fallback)
    told = _unsealed_words(headers.get("X-Kiosk-Reference", ""), to.stationery.console_url)
    words = mime.text_part(f"{told}\n{to.stationery.answers}\n")
    return Composed(message_id, head, mime.final_bytes(outer_headers(headers), words), fallback, unsealed=True)


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
