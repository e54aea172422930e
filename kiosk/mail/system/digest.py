"""Digest: a list of clear facts, then the mails themselves, unchanged (RFC 2046 section 5.1.5).

It is composed without the mails: the outbox has them, and puts them between the opening and the closing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.severity import Severity
from kiosk.mail import mime
from kiosk.mail.compose import rendered_pair
from kiosk.mail.envelope import Addressee, Headers
from kiosk.mail.french import time_words
from kiosk.mail.safe_text import all_legible
from kiosk.mail.seal import OWN, outer_headers, signed
from kiosk.mail.system.system_mail import Content, SystemMail, Tone, compose_system_mail, system_headers, template_of

FEW = 3  # mails: a group of so few stands before the flood
SEALED = (
    "Les courriels joints sont ceux de plusieurs signalements, tels quels. Le premier, chiffré, en donne la liste :"
    " ouvrez-le, puis ceux qu'il vous faut."
)
WITHHELD = (
    "Plusieurs signalements vous attendent. Leur liste devait être chiffrée et n'a pas pu l'être : ce courriel ne donne"
    " que leurs références. Faites vérifier sur la borne le certificat de ce destinataire (kiosk check)."
)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """``about``: what else than a report the mail is, in French. ``joined``: it is in the digest."""

    reference: str
    severity: Severity
    received_at: datetime
    link: str
    about: str
    joined: bool

    @property
    def when(self) -> str:
        return f"{clock.local(self.received_at):%d/%m} {self.time}"

    @property
    def time(self) -> str:
        return time_words(self.received_at)


@dataclass(frozen=True, slots=True)
class DigestGroup:
    """Reports of one kind, site and zone. ``severity``: the highest; a line of another tells its own."""

    severity: Severity
    kind_title: str
    place: str
    lines: tuple[DigestLine, ...]

    def remark(self, line: DigestLine) -> str:
        """Beside the reference, in French."""
        severity = "" if line.severity is self.severity else line.severity.french
        return ", ".join(filter(None, (severity, line.about)))

    @property
    def is_small(self) -> bool:
        return len(self.lines) <= FEW

    @property
    def title(self) -> str:
        first, last = time_words(self.lines[0].received_at), time_words(self.lines[-1].received_at)
        when = first if first == last else f"{first} à {last}"
        count = f", {len(self.lines)} courriels" if len(self.lines) > 1 else ""
        return f"{self.kind_title} · {self.place} ({self.severity.french}, {when}{count})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Content):
    """``recent``: reports for this audience in the last hour. ``alone``, ``every``: how many leave alone, and minutes
    between two digests.
    """

    groups: tuple[DigestGroup, ...]
    recent: int
    alone: int
    every: int

    purpose = Purpose.DIGEST
    why = "trop de signalements sont arrivés en peu de temps pour être envoyés un par un"

    @property
    def banner(self) -> str:
        return "ENVOI GROUPÉ"

    @property
    def headline(self) -> str:
        count = len({line.reference for line in self.lines})
        return f"{count} signalements regroupés" if count > 1 else "1 signalement"

    @property
    def subject(self) -> str:
        first = sum(len(group.lines) for group in self.few)
        to_read = f", à lire d'abord : {first}" if first else ""
        return f"{self.headline}, niveau {self.severity.french}{to_read}"

    @property
    def severity(self) -> Severity:
        """The highest."""
        return min((group.severity for group in self.groups), key=lambda each: each.rank, default=Severity.NORMAL)

    @property
    def tone(self) -> Tone:
        return Tone.ALARM if self.urgent else Tone.PLAIN

    @property
    def urgent(self) -> bool:
        return self.severity is Severity.CRITICAL

    @property
    def lines(self) -> list[DigestLine]:
        return [line for group in self.groups for line in group.lines]

    @property
    def joined(self) -> int:
        return sum(line.joined for line in self.lines)

    @property
    def missing(self) -> int:
        return len(self.lines) - self.joined

    @property
    def few(self) -> list[DigestGroup]:
        """The rare ones: an honest report does not look like the flood around it."""
        return self._ordered(small=True)

    @property
    def many(self) -> list[DigestGroup]:
        return self._ordered(small=False)

    def _ordered(self, *, small: bool) -> list[DigestGroup]:
        chosen = [group for group in self.groups if group.is_small is small]
        return sorted(chosen, key=lambda group: (group.severity.rank, len(group.lines)))

    def essentials(self) -> Iterator[str]:
        yield self.headline
        for group in (*self.few, *self.many):
            yield group.title
            yield from (f"{line.when} {line.reference} {line.link}" for line in group.lines)


@dataclass(frozen=True, slots=True)
class DigestMail:
    """``opening``: up to the first of the mails, which the outbox adds (kiosk/store/outbox/digest_mail.py)."""

    message_id: str
    head: bytes
    opening: bytes


def compose_digest(mail: SystemMail, digest: Digest, to: Addressee) -> DigestMail:
    """``mail``: of the ``digest``. Never raises.

    Where the mails in it are encrypted, so is the list: it comes before them, as a mail of its own.
    """
    mail, digest = all_legible(mail), all_legible(digest)
    headers = system_headers(mail, to) | _thread(mail, to)
    seal = to.stationery.seal
    if not seal.recipients and not seal.broken:
        name, context, plain = template_of(mail, headers["Subject"])
        part, _ = rendered_pair(name, context, to.stationery, identity=mail.identity, plain=plain)
        text = signed(part, seal.signer, mail.identity)
        return _framed(headers, headers, text, mail.identity, carries=bool(digest.joined))
    (listed,) = compose_system_mail(replace(mail, identity=f"{mail.identity}-liste"), [to])
    words = [WITHHELD, *_references(digest)] if listed.unsealed else [SEALED]
    note = mime.text_part("\n\n".join([*words, to.stationery.answers]) + "\n")
    first = b"" if listed.unsealed else listed.whole
    return _framed(
        headers, outer_headers(headers), note, mail.identity, first=first, carries=bool(first or digest.joined)
    )


def _references(digest: Digest) -> list[str]:
    """They stand outside encrypted mails too."""
    return ["\n".join(f"{line.reference} {line.link}".strip() for line in digest.lines)]


def _thread(mail: SystemMail, to: Addressee) -> Headers:
    """Thread of a day's digests to one audience; its root is of no mail."""
    root = f"<{clock.local(mail.written_at):%Y%m%d}.{Purpose.DIGEST}.{to.recipient.audience}@{to.stationery.domain}>"
    return {"In-Reply-To": root, "References": root}


def _framed(
    headers: Headers, common: dict[str, str], text: mime.Entity, identity: str, *, carries: bool, first: bytes = b""
) -> DigestMail:
    """``first``: a mail before those of the outbox."""
    outer, inner = mime.boundary("mixed", identity), mime.boundary("digest", identity)
    shared = {name: value for name, value in common.items() if name not in OWN}
    head = mime.header_lines((name, headers[name]) for name in OWN)
    if not carries:
        return DigestMail(headers["Message-ID"], head, mime.final_bytes(shared, text))
    begun = (
        f"--{outer}\r\n".encode(),
        text.whole,
        f'\r\n--{outer}\r\nContent-Type: multipart/digest; boundary="{inner}"\r\n\r\n'.encode(),
        f"--{inner}\r\nContent-Type: message/rfc822\r\n\r\n".encode() + first + b"\r\n" if first else b"",
    )
    whole = mime.Entity({"Content-Type": f'multipart/mixed; boundary="{outer}"'}, b"".join(begun))
    return DigestMail(headers["Message-ID"], head, mime.final_bytes(shared, whole))
