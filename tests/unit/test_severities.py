"""Severity levels: every list of them has them all, in one order."""

import json
import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config.duty import Minutes
from kiosk.domain.severity import Severity
from kiosk.mail.safe_text import all_legible
from kiosk.store.watch import daily_figures
from kiosk.web.staff.report.report_page import USUAL_ETA
from tests.build import NOON, store

ROOT = Path(__file__).resolve().parents[2]


def test_each_has_a_french_word_of_its_own_and_a_rank() -> None:
    assert all(severity.french for severity in Severity)
    assert len({severity.french for severity in Severity}) == len(Severity)
    assert [severity.rank for severity in Severity] == list(range(len(Severity)))


def test_each_has_its_minutes_in_the_settings_and_an_answer_to_begin_with() -> None:
    assert [field.name for field in fields(Minutes)] == list(Severity)
    assert list(USUAL_ETA) == list(Severity)


def test_the_published_schema_of_a_report_lists_them() -> None:
    schema = json.loads(files("kiosk.mail.report").joinpath("incident.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["severity"]["enum"] == list(Severity)


@pytest.mark.parametrize("severity", Severity)
def test_the_console_has_a_colour_for_each(severity: Severity) -> None:
    sheet = (ROOT / "static/css/console.css").read_text(encoding="utf-8")
    for look in (f".level-{severity}", f".level-of-{severity}"):
        assert re.search(rf"^{re.escape(look)} {{", sheet, re.MULTILINE), look


def test_the_daily_mail_names_the_most_severe_first_whatever_came_in_first(db: Database) -> None:
    for number, severity in enumerate(reversed(Severity)):
        store(db, reference=f"000-000-00{number}", severity=severity)
    found = daily_figures.figures(db, daily_figures.period(db, now=NOON))
    assert [report.severity for report in found.open] == list(Severity)


def test_making_texts_legible_leaves_a_severity_as_it_is() -> None:
    assert all_legible((Severity.HIGH, "a\x00"))[0] is Severity.HIGH
