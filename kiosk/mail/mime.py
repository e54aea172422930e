"""How a mail becomes bytes: CRLF, 7 bits, short lines, and the same bytes whenever it is composed again. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from kiosk.mail.letters import header_text

LINE_LENGTH = 76


class MailPolicy(EmailPolicy):
    """Headers are one line of text without encoded words when they come in, and are folded by ``Header``.

    The standard policies lose spaces between the encoded words of a non-ASCII subject (cpython gh-92081) and decode
    encoded words that somebody wrote into a header (CVE-2024-6923); this one does neither.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:  # noqa: ANN401 - as in the base class
        return name, header_text(str(value))

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value

    def fold(self, name: str, value: str) -> str:
        short = len(name) + len(": ") + len(value) <= LINE_LENGTH
        if value.isascii() and (short or " " not in value):  # a Message-ID on a line of its own is not always read
            return f"{name}: {value}{self.linesep}"
        charset = "us-ascii" if value.isascii() else "utf-8"
        # 75 is the longest line with an encoded word (RFC 2047 §2).
        folded = Header(value, charset, maxlinelen=75, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = MailPolicy(linesep="\r\n")


def text_part(text: str, subtype: str = "plain") -> EmailMessage:
    """Base64, so that no letter, line length or lone dot in the text ever meets the SMTP dialogue."""
    return _part(text.replace("\n", "\r\n").encode(), {"Content-Type": f'text/{subtype}; charset="utf-8"'})


def attachment(content: bytes, content_type: str, name: str) -> EmailMessage:
    return _part(
        content,
        {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def multipart(subtype: str, identity: str, parts: list[EmailMessage]) -> EmailMessage:
    """``identity``: what the boundary is derived from; with its ``=_`` it can never stand in base64."""
    digest = hashlib.sha256(f"{subtype} {identity}".encode()).hexdigest()[:20]
    whole = EmailMessage(POLICY)
    whole["Content-Type"] = f'multipart/{subtype}; boundary="=_{digest}"'
    for part in parts:
        whole.attach(part)
    return whole


def final_bytes(headers: Mapping[str, str], whole: EmailMessage) -> bytes:
    sealed = EmailMessage(POLICY)
    for name, value in headers.items():
        sealed[name] = value
    sealed["MIME-Version"] = "1.0"
    for name, value in whole.items():
        sealed[name] = value
    sealed.set_payload(whole.get_payload())
    return sealed.as_bytes()


def _part(content: bytes, headers: Mapping[str, str]) -> EmailMessage:
    part = EmailMessage(POLICY)
    for name, value in headers.items():
        part[name] = value
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part
