"""MIME encoding: CRLF, 7 bits, short lines, and the same bytes each time. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.header import Header
from email.policy import EmailPolicy
from typing import Any

from kiosk.mail.safe_text import header_text

LINE_LENGTH = 76
LONG_WITH_BLANK = re.compile(rb"^(.{74,})(=20|=09)$", re.MULTILINE)
MAILBOX = re.compile(r"((?:HP-Outer: )?To: )([^<>]*)( <[^<> ]+>|:;)")
BASE64_GROWTH = 78 / 57  # 57 bytes become a line of 76 characters and CRLF


class MailPolicy(EmailPolicy):
    """Headers come in as one line of text without encoded words; ``Header`` folds them.

    The standard policies lose spaces between the encoded words of a non-ASCII subject (cpython gh-92081) and decode
    encoded words that somebody wrote into a header (CVE-2024-6923).
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:  # noqa: ANN401 - as in the base class
        return name, header_text(str(value))

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value

    def fold(self, name: str, value: str) -> str:
        if not value.isascii() and (mailbox := MAILBOX.fullmatch(f"{name}: {value}")):
            return self._fold_mailbox(*mailbox.groups())
        short = len(name) + len(": ") + len(value) <= LINE_LENGTH
        if value.isascii() and (short or " " not in value):  # not every reader finds a folded Message-ID
            return f"{name}: {value}{self.linesep}"
        charset = "us-ascii" if value.isascii() else "utf-8"
        # 75 is the longest line with an encoded word (RFC 2047 §2).
        folded = Header(value, charset, maxlinelen=75, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}"

    def _fold_mailbox(self, name: str, words: str, rest: str) -> str:
        """Encodes the name alone (RFC 2047 §5): an address in an encoded word is none."""
        encoded = Header(words, "utf-8", maxlinelen=75, header_name=name).encode(linesep=self.linesep)
        line = f"{name}{encoded}"
        fits = len(line.rpartition(self.linesep)[2]) + len(rest) <= LINE_LENGTH
        return line + ("" if fits else self.linesep) + rest + self.linesep

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = MailPolicy(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of a mail, or a mail without its own headers; ``body`` is final: 7 bits, CRLF, short lines.

    ``repeated``: further headers, whose names may repeat.
    """

    headers: Mapping[str, str]
    body: bytes
    repeated: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bytes:
        return header_lines((*self.headers.items(), *self.repeated)) + b"\r\n" + self.body


def text_part(text: str, subtype: str = "plain") -> Entity:
    return _part(text.encode(), {"Content-Type": f'text/{subtype}; charset="utf-8"'})


def attachment(content: str, content_type: str, name: str) -> Entity:
    return _part(
        content.encode(),
        {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def multipart(subtype: str, identity: str, parts: Sequence[Entity]) -> Entity:
    """``identity``: source of the boundary."""
    mark = boundary(subtype, identity)
    opening = f"--{mark}\r\n".encode()
    body = b"".join(opening + part.whole + b"\r\n" for part in parts) + f"--{mark}--\r\n".encode()
    return Entity({"Content-Type": f'multipart/{subtype}; boundary="{mark}"'}, body)


def boundary(subtype: str, identity: str) -> str:
    """Its ``=_`` can occur in neither transfer encoding."""
    return "=_" + hashlib.sha256(f"{subtype} {identity}".encode()).hexdigest()[:20]


def final_bytes(headers: Mapping[str, str], content: Entity) -> bytes:
    return Entity({**headers, "MIME-Version": "1.0", **content.headers}, content.body).whole


def header_lines(headers: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(POLICY.fold_binary(*POLICY.header_store_parse(name, value)) for name, value in headers)


def _part(content: bytes, headers: Mapping[str, str]) -> Entity:
    """``content``: with LF line ends. Takes the shorter of quoted-printable and base64."""
    lines, encoding = quoted_printable(content), "quoted-printable"
    if len(lines) > len(content) * BASE64_GROWTH:
        lines, encoding = base64.encodebytes(content.replace(b"\n", b"\r\n")), "base64"
    return Entity({**headers, "Content-Transfer-Encoding": encoding}, lines.replace(b"\n", b"\r\n"))


def quoted_printable(content: bytes) -> bytes:
    """Lines of at most 76 with LF ends, none a lone dot and none beginning with ``From `` (RFC 2049 §3)."""
    encoded = binascii.b2a_qp(content)  # encodes a lone dot and a final blank, with which a line may reach 77
    if b"=20\n" in encoded or b"=09\n" in encoded:
        encoded = LONG_WITH_BLANK.sub(rb"\1=\n\2", encoded)
    if b"From " not in encoded:
        return encoded
    return b"\n".join(_without_from(line) for line in encoded.split(b"\n"))


def _without_from(line: bytes) -> bytes:
    if not line.startswith(b"From "):
        return line
    if len(line) + len("=46") - len("F") <= LINE_LENGTH:
        return b"=46" + line[1:]
    return b"=46rom=20=\n" + _without_from(line.removeprefix(b"From "))
