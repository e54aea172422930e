"""MIME encoding: CRLF, 7 bits, short lines, and the same bytes each time. Pure."""

import base64
import binascii
import hashlib
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import AnyStr

from kiosk.mail.safe_text import header_text

LINE_LENGTH = 76
FOLDED_LENGTH = 75  # also the longest line with an encoded word (RFC 2047 §2)
AROUND_WORD = len("=?utf-8?q??=")
LONG_WITH_BLANK = re.compile(rb"=(?:20|09)$(?<=.{77})", re.MULTILINE)
MAILBOX = re.compile(r"((?:HP-Outer: )?To: )([^<>]*)( <[^<> ]+>|:;)")
QUOTED = {" ": "_", **{letter: letter for letter in f"{string.ascii_letters}{string.digits}-!*+/"}}
BASE64_GROWTH = 78 / 57  # 57 bytes become a line of 76 characters and CRLF


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
    """Header block, in ASCII: values of one line each are folded and, where needed, encoded.

    Not by ``email``: it loses spaces between the encoded words of a subject (cpython gh-92081) and decodes encoded
    words that somebody wrote into a header (CVE-2024-6923).
    """
    return "".join(f"{_folded(name, header_text(value))}\r\n" for name, value in headers).encode("ascii")


def _folded(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if not line.isascii():
        mailbox = MAILBOX.fullmatch(line)
        return _folded_mailbox(*mailbox.groups()) if mailbox else f"{name}: {_encoded(value, len(name) + 2)}"
    return line if len(line) <= LINE_LENGTH else _folded_at_blanks(name, value.split(" "))


def _folded_at_blanks(name: str, words: Sequence[str]) -> str:
    """The first word stays beside the name: not every reader finds a folded Message-ID."""
    line, *others = f"{name}: {words[0]}", *words[1:]
    lines = []
    for word in others:
        if len(line) + 1 + len(word) > FOLDED_LENGTH:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line))


def _folded_mailbox(name: str, words: str, rest: str) -> str:
    """Encodes the name alone (RFC 2047 §5): an address in an encoded word is none."""
    line = f"{name}{_encoded(words, len(name) + 2)}"
    fits = len(line.rpartition("\r\n")[2]) + len(rest) <= LINE_LENGTH
    return line + ("" if fits else "\r\n") + rest


def _encoded(text: str, used: int) -> str:
    """Encoded words (RFC 2047), in the shorter of their two encodings; ``used``: columns of the first line."""
    room = [FOLDED_LENGTH - AROUND_WORD - taken for taken in (used, len(" "))]
    quoted = [QUOTED.get(letter) or _quoted(letter) for letter in text]
    if len(base64.b64encode(text.encode())) >= sum(map(len, quoted)):
        words = [f"=?utf-8?q?{''.join(word)}?=" for word in _packed(quoted, *room)]
    else:
        letters = _packed([letter.encode() for letter in text], *(columns // 4 * 3 for columns in room))
        words = [f"=?utf-8?b?{base64.b64encode(b''.join(word)).decode()}?=" for word in letters]
    return "\r\n ".join(words)


def _quoted(letter: str) -> str:
    return "".join(f"={byte:02X}" for byte in letter.encode())


def _packed(pieces: Iterable[AnyStr], first: int, others: int) -> Iterator[list[AnyStr]]:
    """As many as there is room for; a letter is never divided (RFC 2047 §5)."""
    word: list[AnyStr] = []
    room = first
    for piece in pieces:
        if len(piece) > room and word:
            yield word
            word, room = [], others
        word.append(piece)
        room -= len(piece)
    yield word


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
        encoded = LONG_WITH_BLANK.sub(rb"=\n\g<0>", encoded)
    if b"From " not in encoded:
        return encoded
    return b"\n".join(_without_from(line) for line in encoded.split(b"\n"))


def _without_from(line: bytes) -> bytes:
    if not line.startswith(b"From "):
        return line
    if len(line) + len("=46") - len("F") <= LINE_LENGTH:
        return b"=46" + line[1:]
    return b"=46rom=20=\n" + _without_from(line.removeprefix(b"From "))
