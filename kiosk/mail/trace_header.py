"""Trace head in mails: a copy outside this machine, which reveals a trace rewritten later.

A header of every mail, ``X-Kiosk-Trace: NUMBER DIGEST``, and rows for printouts; also in a report's attachment.
``heads_in`` reads it from a saved mail or attachment.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from typing import Any

from kiosk.domain.trace_head import TraceHead
from kiosk.mail.render import Row

HEADER = "X-Kiosk-Trace"
HEAD = re.compile(r"(?P<sequence>[0-9]{1,18})[\s:]+(?P<digest>[0-9a-fA-F]{64})")


def trace_header(trace: TraceHead) -> dict[str, str]:
    """With a space, so that the line can be folded."""
    return {HEADER: f"{trace.sequence} {trace.hex}"}


def trace_rows(trace: TraceHead) -> tuple[Row, Row]:
    return Row("Trace", f"événement {trace.sequence}"), Row("Empreinte de la trace", trace.hex)


def parse_head(text: str) -> TraceHead | None:
    """``NUMBER:DIGEST``, also with a space; None if it is neither."""
    found = HEAD.fullmatch(text.strip())
    return TraceHead(int(found["sequence"]), bytes.fromhex(found["digest"])) if found else None


def heads_in(saved: bytes) -> tuple[TraceHead, ...]:
    told = [*_in_json(saved)] or [*_in_mail(saved)]
    return tuple(dict.fromkeys(told))


def written_at(saved: bytes) -> datetime | None:
    """Date header; None without one, as in an attachment saved alone."""
    try:
        date = message_from_bytes(saved, policy=policy.compat32)["Date"]
        return parsedate_to_datetime(str(date)).astimezone(UTC) if date else None
    except (ValueError, OverflowError):
        return None


def _in_mail(saved: bytes) -> Iterator[TraceHead]:
    mail = message_from_bytes(saved, policy=policy.compat32)
    for part in mail.walk():  # also in a mail that was forwarded as an attachment
        for value in part.get_all(HEADER, []):
            if head := parse_head(str(value)):
                yield head
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content.lstrip().startswith(b"{"):
            yield from _in_json(content)


def _in_json(content: bytes) -> Iterator[TraceHead]:
    try:
        told: Any = json.loads(content)["trace"]
        head = parse_head(f"{told['sequence']}:{told['head']}")
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    if head:
        yield head
