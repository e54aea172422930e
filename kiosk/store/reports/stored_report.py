"""Stored reports: clear columns, sealed content, and the ``Report`` made from both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlite_utils import Database

from kiosk.domain.catalogue import Answers, Tristate
from kiosk.domain.handling import ReportState
from kiosk.domain.moment import Moment, Precision
from kiosk.domain.report import Contact, Report, Telling, TellingWay
from kiosk.domain.submission import Submission
from kiosk.store.base import rows
from kiosk.store.keys.sealing import open_sealed
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.reports.report_row import ReportRow

SEALED = ("submission_hash", "site_key_id", "content", "contact")
# Only a hash of the submission id is stored: nothing derived from the id can be had from a stored report.
NOBODY_KNOWS = Submission(UUID(int=0, version=4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """``content`` is None after a purge; ``contact`` also when the reporter left none."""

    submission_hash: bytes
    site_key_id: int
    content: bytes | None
    contact: bytes | None


@dataclass(frozen=True, slots=True)
class Opened:
    """JSON as written by ``Report.content`` and ``Report.contact_content``; None where the sealed column is None."""

    content: dict[str, Any] | None
    contact: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport(ReportRow):
    id: int
    state: ReportState
    sealed: Sealed


COLUMNS = (
    "id, reference, kind, severity, state, site_id AS site, zone, terminal_id AS terminal, sent_from, language,"
    " observed_precision, observed_earliest, observed_latest, ongoing, personal_data, aware_at, received_at,"
    " deadline_at, flags, told_at, told_way, entered_by, submission_hash, site_key_id, content, contact"
)


def find(db: Database, reference: str) -> StoredReport | None:
    found = rows.named(db.execute(f"SELECT {COLUMNS} FROM reports WHERE reference = ?", (reference,)))
    return next(map(_stored_report, found), None)


def open_report(sealed: Sealed, key_of: KeyOf) -> Opened:
    """Raises StoreError when the key is not available; what was purged needs none."""
    return Opened(
        _open(sealed.content, key_of, sealed, b"content"),
        _open(sealed.contact, key_of, sealed, b"contact"),
    )


def _open(blob: bytes | None, key_of: KeyOf, sealed: Sealed, column: bytes) -> dict[str, Any] | None:
    if blob is None:
        return None
    context = sealed.submission_hash + column
    opened: dict[str, Any] = json.loads(open_sealed(blob, key_of(sealed.site_key_id), context=context))
    return opened


def _stored_report(row: dict[str, Any]) -> StoredReport:
    return rows.value({**row, "flags": json.loads(row["flags"]), "sealed": row}, StoredReport)


def report_of(kept: StoredReport, opened: Opened, names: Mapping[str, str] = {}) -> Report:
    """Make a report without its submission id; of a purged one, only what the clear columns hold.

    ``names``: display names of staff by account.
    """
    content = opened.content or {}
    left_out = content.get("left_out", ())
    return Report(
        submission=NOBODY_KNOWS,
        kind_code=kept.kind,
        site=kept.site,
        terminal=kept.terminal,
        sent_from=kept.sent_from,
        language=kept.language,
        received_at=kept.received_at,
        zone=kept.zone,
        place=content.get("place", ""),
        observed=_observed(kept, content),
        ongoing=_answered("ongoing", kept.ongoing, left_out),
        personal_data_answer=_answered("personal_data", kept.personal_data, left_out),
        called=content.get("called"),
        already_done=content.get("already_done", ""),
        answers=_answers(content.get("answers", {})),
        description=content.get("description", ""),
        contact=_contact(opened.contact or {}),
        told=_told(kept, names),
        flags=kept.flags,
    )


def _contact(told: Mapping[str, str]) -> Contact:
    return Contact(name=told.get("name", ""), company=told.get("company", ""), telephone=told.get("telephone", ""))


def _observed(kept: StoredReport, content: dict[str, Any]) -> Moment:
    precision = Precision(kept.observed_precision)
    return Moment(precision, kept.observed_earliest, kept.observed_latest, content.get("observed_typed", ""))


def _answered(code: str, kept: str, left_out: list[str]) -> Tristate | None:
    """None for a question that was left out: its clear column holds a default."""
    return None if code in left_out else Tristate(kept)


def _answers(answers: dict[str, Any]) -> Answers:
    return {code: tuple(answer) if isinstance(answer, list) else answer for code, answer in answers.items()}


def _told(kept: StoredReport, names: Mapping[str, str]) -> Telling | None:
    if kept.told_at is None:
        return None
    account = kept.entered_by or ""
    return Telling(kept.told_at, TellingWay(kept.told_way or ""), names.get(account, account), account)
