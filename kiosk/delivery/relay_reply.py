"""SMTP replies: strict parsing, bounded printable ASCII for people."""

import re
from collections.abc import Iterable
from typing import NamedTuple

LONGEST_REPLY = 64 * 1024  # bytes of a whole reply
LONGEST_WORDS = 500  # characters kept for people

ENHANCED_STATUS = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![^ \n])")  # RFC 3463
REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)

MASK = b"***"


class Broken(Exception):
    """The dialogue cannot go on: closed, reset, too slow or not SMTP. ``what``: in our words; ``said``: the relay's."""

    def __init__(self, what: str, said: str = "") -> None:
        super().__init__(f"{what}: {said}" if said else what)
        self.what = what


class RelayReply(NamedTuple):
    """``text``: the lines without codes, separated by line feeds."""

    code: int
    text: bytes

    @property
    def status(self) -> str:
        """Code and enhanced status alone: what may be kept for good."""
        enhanced = ENHANCED_STATUS.match(self.text)
        return f"{self.code} {enhanced[0].decode()}" if enhanced else str(self.code)

    @property
    def first_digit(self) -> int:
        return self.code // 100

    @property
    def is_plain_refusal(self) -> bool:
        """The dialogue may go on; not after 421, which announces the end."""
        return self.first_digit in (4, 5) and self.code != 421


class ReplyLine(NamedTuple):
    code: int
    text: bytes
    is_last: bool


def parse_line(line: bytes) -> ReplyLine | None:
    """``line`` without its line end (RFC 5321 section 4.2); None if invalid."""
    match = REPLY_LINE.fullmatch(line)
    if match is None:
        return None
    return ReplyLine(int(match[1]), match[3] or b"", match[2] != b"-")


def printable(raw: bytes, secrets: Iterable[bytes] = ()) -> str:
    """At most 500 ASCII characters, others as ``\\xNN``; masks ``secrets`` before truncation."""
    for secret in sorted(secrets, key=len, reverse=True):
        raw = raw.replace(secret, MASK)
    head = raw.replace(b"\n", b" ")[: LONGEST_WORDS + 1]
    words = "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in head)
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 3] + "..."
