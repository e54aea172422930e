"""CHECK constraints of the schema: each lists the values of its enumeration, no more and no fewer."""

import json
import re
import sqlite3
from collections.abc import Iterable
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.domain.catalogue import Domain, Tristate
from kiosk.domain.cnil import BreachDecision
from kiosk.domain.delivery_states import AttemptOutcome, DeliveryState, HeldFor
from kiosk.domain.handling import HiddenAs, HoldReason, Outcome, ReportState
from kiosk.domain.moment import Precision
from kiosk.domain.purposes import OnlyWhile, Purpose, Scope
from kiosk.domain.report import TellingWay
from kiosk.domain.roles import StaffRole
from kiosk.domain.second_factor import FactorKind
from kiosk.domain.severity import Severity
from tests.build import store

ROOT = Path(__file__).resolve().parents[2]


def listed(db: Database, table: str, column: str) -> list[str]:
    """The values in the CHECK of a column."""
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    found = re.search(rf"\b{column} TEXT(?: NOT NULL)?(?: DEFAULT '\w+')?\s+CHECK \({column} IN \(([^)]*)\)\)", sql)
    assert found, f"{table}.{column} has no such CHECK"
    return re.findall(r"'(\w+)'", found[1])


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("deliveries", "purpose", Purpose),
        ("deliveries", "only_while", OnlyWhile),
        ("deliveries", "state", DeliveryState),
        ("deliveries", "held_for", HeldFor),
        ("attempts", "outcome", AttemptOutcome),
        ("reports", "severity", Severity),
        ("reports", "state", ReportState),
        ("reports", "observed_precision", Precision),
        ("reports", "ongoing", Tristate),
        ("reports", "personal_data", Tristate),
        ("reports", "outcome", Outcome),
        ("reports", "hidden_as", HiddenAs),
        ("reports", "told_way", TellingWay),
        ("holds", "reason", HoldReason),
        ("breaches", "decision", BreachDecision),
        ("staff", "role", StaffRole),
        ("staff_factors", "kind", FactorKind),
    ],
)
def test_a_check_lists_the_values_of_its_enumeration(
    db: Database, table: str, column: str, values: type[StrEnum]
) -> None:
    assert sorted(listed(db, table, column)) == sorted(values)


ABOUT_A_REPORT = [purpose for purpose in Purpose if purpose.scope is Scope.REPORT]
EXPORT = ROOT / "kiosk/reporting/export.schema.json"
INCIDENT = ROOT / "kiosk/mail/report/incident.schema.json"


@pytest.mark.parametrize(
    ("schema", "place", "values"),
    [
        (EXPORT, "standing/state", ReportState),
        (EXPORT, "standing/hidden_as", HiddenAs),
        (EXPORT, "standing/outcome", Outcome),
        (EXPORT, "mails/purpose", ABOUT_A_REPORT),
        (EXPORT, "mails/state", DeliveryState),
        (EXPORT, "mails/attempts/outcome", AttemptOutcome),
        (INCIDENT, "severity", Severity),
        (INCIDENT, "entered/told", TellingWay),
        (INCIDENT, "observed/precision", Precision),
        (INCIDENT, "domains", Domain),
        (INCIDENT, "ongoing", Tristate),
        (ROOT / "kiosk/breaches/breach.schema.json", "decision", BreachDecision),
    ],
    ids=str,
)
def test_a_json_schema_lists_the_values_of_its_enumeration(schema: Path, place: str, values: Iterable[str]) -> None:
    assert sorted(enumerated(json.loads(schema.read_text(encoding="utf-8")), place)) == sorted(values)


def enumerated(schema: dict[str, Any], place: str) -> list[str]:
    found = schema
    for name in place.split("/"):
        found = found["properties"][name]
        if "$ref" in found:
            found = schema["$defs"][found["$ref"].rpartition("/")[2]]
        found = found.get("items", found)
    return [value for value in found["enum"] if value is not None]


@pytest.mark.parametrize("purpose", Purpose)
def test_the_table_takes_a_mail_with_the_scope_and_the_conditions_of_its_purpose(
    db: Database, purpose: Purpose
) -> None:
    store(db)
    report = db.execute("SELECT id FROM reports").fetchone()[0]
    taken = set()
    for report_id, condition in product((report, None), (*OnlyWhile, None)):
        try:
            db.execute(
                "INSERT INTO deliveries (report_id, site_id, audience_id, purpose, only_while, message_id, state, head,"
                " body_id, created_at, next_attempt_at) VALUES (?, 'siege', 'mssi', ?, ?, ?, 'queued', x'', 1, '', '')",
                (report_id, purpose, condition, f"<{report_id}.{condition}@kiosk.invalid>"),
            )
        except sqlite3.IntegrityError:
            continue
        taken.add((report_id, condition))
    of_its_scope = report if purpose.scope is Scope.REPORT else None
    assert taken == {(of_its_scope, condition) for condition in purpose.only_while or (None,)}
