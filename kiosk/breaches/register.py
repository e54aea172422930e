"""The register of GDPR art. 33(5), and the file on one breach as JSON.

The register is a table for spreadsheets set up in French: semicolons, a BOM, French dates.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kiosk import clock
from kiosk.breaches.cnil_form import QUESTIONS, REASON, REASON_WORDS, REASONS
from kiosk.store.reports.breaches import Breach

BOM = "\ufeff"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")  # what makes a spreadsheet run a cell (CWE-1236)
DECISIONS = {None: "à décider", "notified": "notifiée", "not_notifiable": "non notifiée"}
HEAD = (
    "Référence",
    "Site",
    "Nature du signalement",
    "Connue de l'intervenant le",
    "Connue de l'organisme le",
    "Délai de 72 heures",
    "Décision",
    "Décidée le",
    "Décidée par",
    "Notifiée le",
    "Raison de ne pas notifier",
    "Explication",
)

RegisterLine = tuple[Breach, str, str, datetime, Mapping[str, Any]]
SCHEMA = "ssi-kiosk/breach/1"


def as_csv(lines: Iterable[RegisterLine]) -> bytes:
    """``lines``: breach, site name, kind, when the contractor knew, and what is in the file (empty: not legible)."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*HEAD, *(question.label for question in QUESTIONS)])
    for line in lines:
        writer.writerow([harmless(cell) for cell in _cells(line)])
    return (BOM + text.getvalue()).encode()


def harmless(cell: str) -> str:
    """What would be a formula is text."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _cells(line: RegisterLine) -> list[str]:
    breach, site, kind, aware_at, told = line
    return [
        breach.reference,
        site,
        kind,
        _local(aware_at),
        _local(breach.aware_at),
        _local(breach.deadline_at),
        DECISIONS[breach.decision],
        _local(breach.decided_at),
        breach.decided_by or "",
        _local(breach.notified_at),
        REASONS.get(told.get(REASON, ""), ""),
        told.get(REASON_WORDS, ""),
        *(question.words(told.get(question.code)) for question in QUESTIONS),
    ]


def _local(moment: datetime | None) -> str:
    return f"{clock.local(moment):%d/%m/%Y %H:%M}" if moment else ""


def as_json(breach: Breach, told: Mapping[str, Any], *, aware_by_contractor: datetime) -> dict[str, Any]:
    """The file as another program reads it: codes and words; the schema is ``breach.schema.json``."""
    reason = told.get(REASON, "")
    return {
        "schema": SCHEMA,
        "reference": breach.reference,
        "site": breach.site,
        "opened_at": _utc(breach.opened_at),
        "contractor_aware_at": _utc(aware_by_contractor),
        "aware_at": _utc(breach.aware_at),
        "deadline_at": _utc(breach.deadline_at),
        "decision": breach.decision,
        "decided_at": _utc(breach.decided_at),
        "decided_by": breach.decided_by,
        "notified_at": _utc(breach.notified_at),
        "reason": {"code": reason, "words": REASONS.get(reason, ""), "explained": told.get(REASON_WORDS, "")},
        "answers": [
            {
                "code": question.code,
                "question": question.label,
                "answer": told.get(question.code) or None,
                "words": question.words(told.get(question.code)),
            }
            for question in QUESTIONS
        ],
    }


def _utc(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None
