"""Submitted report: everything derived from a report and its submission id, once per attempt to store it. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kiosk.domain.reference import follow_up_code, follow_up_hash, follow_up_private_key, references
from kiosk.domain.report import Report
from kiosk.domain.submission import Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedReport:
    """``references``: its own, then the next ones in case it is taken. ``content``, ``contact``: JSON, to be sealed."""

    report: Report
    hash: bytes
    fingerprint: bytes
    references: Iterator[str]
    follow_up_code: str = field(repr=False)
    follow_up_hash: bytes
    follow_up_key: bytes
    content: bytes = field(repr=False)
    contact: bytes | None = field(repr=False)


def submitted_as(report: Report, secret: bytes) -> Iterator[SubmittedReport]:
    """Under its own submission id; then, if other content is stored there, under ids derived from it, without end.

    ``secret``: see follow_up_hash.
    """
    while True:
        yield _derived(report, secret)
        report = report.as_another()


def _derived(report: Report, secret: bytes) -> SubmittedReport:
    code = follow_up_code(report.submission)
    return SubmittedReport(
        report=report,
        hash=report.submission.hash(Sent.REPORT),
        fingerprint=report.fingerprint(),
        references=references(report.submission),
        follow_up_code=code,
        follow_up_hash=follow_up_hash(code, secret),
        follow_up_key=follow_up_private_key(code, secret).public_key().public_bytes_raw(),
        content=_json(report.content() | report.left_out()),
        contact=_json(report.contact_content()) if report.contact else None,
    )


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
