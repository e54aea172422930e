"""Breach register (GDPR art. 33(5)) as CSV, breach file as JSON.

The CSV is for French spreadsheets: semicolons, a BOM, French dates.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from kiosk import clock
from kiosk.breaches.cnil_form import QUESTIONS, REASON, REASON_WORDS, REASONS
from kiosk.domain.catalogue import Question
from kiosk.mail.safe_text import shown
from kiosk.store.reports.breaches import Breach

BOM = "\ufeff"
# These make a spreadsheet run a cell (CWE-1236); some take the full-width signs too.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SCHEMA = "ssi-kiosk/breach/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """``aware_at``: when the contractor knew. ``told``: the answers, empty when no key opens them.

    ``clock_remark``: the right moment, if the kiosk's clock was wrong.
    """

    breach: Breach
    site: str
    kind: str
    aware_at: datetime
    clock_remark: str
    told: Mapping[str, Any]


def _answer(question: Question, line: RegisterLine) -> str:
    return question.words(line.told.get(question.code))


Column = tuple[str, Callable[[RegisterLine], str]]

COLUMNS: tuple[Column, ...] = (
    ("Référence", lambda line: line.breach.reference),
    ("Site", lambda line: line.site),
    ("Nature du signalement", lambda line: line.kind),
    ("Connue de l'intervenant le", lambda line: _local(line.aware_at)),
    ("Connue de l'organisme le", lambda line: _local(line.breach.aware_at)),
    ("Remarque sur l'heure", lambda line: line.clock_remark),
    ("Délai de 72 heures", lambda line: _local(line.breach.deadline_at)),
    ("Décision", lambda line: line.breach.decision.french if line.breach.decision else "à décider"),
    ("Décidée le", lambda line: _local(line.breach.decided_at)),
    ("Décidée par", lambda line: line.breach.decided_by or ""),
    ("Notifiée le", lambda line: _local(line.breach.notified_at)),
    ("Raison de ne pas notifier", lambda line: REASONS.get(line.told.get(REASON, ""), "")),
    ("Explication", lambda line: line.told.get(REASON_WORDS, "")),
    *((question.label, partial(_answer, question)) for question in QUESTIONS),
)


def as_csv(lines: Iterable[RegisterLine]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([name for name, _ in COLUMNS])
    for line in lines:
        writer.writerow([harmless(shown(cell(line))) for _, cell in COLUMNS])
    return (BOM + text.getvalue()).encode()


def harmless(cell: str) -> str:
    """Turn a formula into text."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _local(moment: datetime | None) -> str:
    return f"{clock.local(moment):%d/%m/%Y %H:%M}" if moment else ""


def as_json(breach: Breach, told: Mapping[str, Any], *, aware_by_contractor: datetime) -> dict[str, Any]:
    """For other programs; its schema is ``breach.schema.json``."""
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
