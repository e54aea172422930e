"""Report export: one report with its whole history; its schema is ``export.schema.json``.

The file alone is enough to verify its events: ``digest`` is the SHA-256 of the 32 bytes of ``previous`` followed by
``hashed`` in UTF-8. Where the ``digest`` of one is the ``previous`` of the next, nothing happened in between.
`kiosk verify --head` verifies the whole trace up to ``head``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from kiosk import clock
from kiosk.domain.roles import Actor
from kiosk.mail.report.facts import Facts
from kiosk.mail.report.payload import payload_text
from kiosk.store.base.connection import Database
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.reports import additions, line_members, notes, replies, report_status
from kiosk.store.reports.report_status import ReportStatus
from kiosk.store.trace import checks, events, of_report
from kiosk.store.trace.of_report import Link
from kiosk.store.trace.of_report import MailRecord as SentMail

SCHEMA = "ssi-kiosk/export/1"

STANDING = (
    "state",
    "taken_by",
    "taken_role",
    "taken_at",
    "eta_at",
    "closed_by",
    "closed_at",
    "outcome",
    "hidden_as",
    "deadline_at",
)


def export(db: Database, facts: Facts, key_of: KeyOf | None, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """JSON-able values. ``key_of`` opens additions, replies and notes; None leaves them out.

    The export is itself an event, the last one in it. Raises UnknownReport, NotConfirmed, and StoreError when a key is
    not available.
    """
    report = report_status.get(db, facts.reference)
    of_report.record_export(db, report.reference, actor=actor.name, now=now)
    head = events.head(db)
    return {
        "schema": SCHEMA,
        "exported_at": clock.to_text(now),
        "exported_by": {"account": actor.name, "name": actor.display_name, "role": actor.role},
        "report": json.loads(payload_text(replace(facts, trace=head))),
        "kind_title": facts.kind_title,
        "standing": {name: _plain(getattr(report, name)) for name in STANDING} | _repetition(db, report),
        "written_since": None if key_of is None else _written_since(db, report, key_of),
        "mails": [_mail(mail) for mail in of_report.mails(db, report.id)],
        "events": [_event(link) for link in of_report.links(db, report.reference)],
        "trace": {
            "sequence": head.sequence,
            "head": head.hex,
            "broken_event": checks.broken_event(db),
        },
    }


def _repetition(db: Database, report: ReportStatus) -> dict[str, Any]:
    by = line_members.repeated_by(db, report.id, -1)
    return {
        "repeats": line_members.reference_of(db, report.repeats)[0] if report.repeats else None,
        "repeated_by": [one.reference for one in by],
    }


def _written_since(db: Database, report: ReportStatus, key_of: KeyOf) -> dict[str, Any]:
    return {
        "additions": _rows(additions.of_report(db, report, key_of)),
        "replies": _rows(replies.of_report(db, report, key_of)),
        "notes": _rows(notes.of_report(db, report.id, key_of)),
    }


def _rows(values: Sequence[Any]) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in asdict(each).items()} for each in values]


def _mail(mail: SentMail) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in asdict(replace(mail, attempts=())).items()}
    return {**told, "attempts": _rows(mail.attempts)}


def _event(link: Link) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(link).items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - moments and digests become text, all else stays
    if isinstance(value, datetime):
        return clock.to_text(value)
    return value.hex() if isinstance(value, bytes) else value
