"""The attachment keeps to its published schema, which is walked here keyword by keyword."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from kiosk.domain.severity import Severity
from kiosk.mail.report.facts import Said
from tests.unit.mails import mail

SCHEMA: dict[str, Any] = json.loads(
    files("kiosk.mail.report").joinpath("incident.schema.json").read_text(encoding="utf-8")
)
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "examples", "format"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Every violation; an unknown keyword raises, so that no rule of the schema goes unchecked."""
    for keyword, rule in schema.items():
        if keyword not in ANNOTATIONS:
            yield from CHECKS[keyword](value, rule, schema, where)


def check_reference(value: Any, rule: str, _: dict[str, Any], where: str) -> Iterator[str]:
    yield from problems(value, SCHEMA["$defs"][rule.removeprefix("#/$defs/")], where)


def check_type(value: Any, rule: str | list[str], _: dict[str, Any], where: str) -> Iterator[str]:
    allowed = [rule] if isinstance(rule, str) else rule
    if not any(isinstance(value, TYPES[name]) and not (name == "integer" and value is True) for name in allowed):
        yield f"{where} is {type(value).__name__}, not {rule}"


def check_const(value: Any, rule: Any, _: dict[str, Any], where: str) -> Iterator[str]:
    if value != rule:
        yield f"{where} is {value!r}, not {rule!r}"


def check_enum(value: Any, rule: list[Any], _: dict[str, Any], where: str) -> Iterator[str]:
    if value not in rule:
        yield f"{where} is {value!r}, none of {rule}"


def check_pattern(value: Any, rule: str, _: dict[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(rule, value):
        yield f"{where} is {value!r}, unlike {rule}"


def check_minimum(value: Any, rule: int, _: dict[str, Any], where: str) -> Iterator[str]:
    if value < rule:
        yield f"{where} is below {rule}"


def check_required(value: Any, rule: list[str], _: dict[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{where}.{name} is missing" for name in rule if name not in value)


def check_properties(value: Any, rule: dict[str, Any], _: dict[str, Any], where: str) -> Iterator[str]:
    for name, schema in rule.items():
        if isinstance(value, dict) and name in value:
            yield from problems(value[name], schema, f"{where}.{name}")


def check_additional(value: Any, rule: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    for name in value.keys() - schema.get("properties", {}).keys():
        if rule is False:
            yield f"{where}.{name} is not in the schema"
        else:
            yield from problems(value[name], rule, f"{where}.{name}")


def check_items(value: Any, rule: dict[str, Any], _: dict[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, rule, f"{where}[{number}]")


CHECKS = {
    "$ref": check_reference,
    "type": check_type,
    "const": check_const,
    "enum": check_enum,
    "pattern": check_pattern,
    "minimum": check_minimum,
    "required": check_required,
    "properties": check_properties,
    "additionalProperties": check_additional,
    "items": check_items,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"severity": Severity.NORMAL, "demo": True, "flags": ("encoding",), "terminal": None},
        {"zone": None, "place": "", "called": None, "deadline": None, "personal_data": "no", "cnil_origin": ""},
        {"observed_earliest": None, "observed_latest": None, "observed_precision": "unknown", "observed_typed": "hier"},
        {"said": (), "contact_name": "", "contact_company": "", "contact_telephone": "", "description": ""},
        {"said": (Said("how", "Comment ?", "Volé", "stolen"), Said("what", "Quoi ?", "a, b", ["a", "b"]))},
    ],
)
def test_every_attachment_keeps_to_the_schema(changes: dict[str, Any]) -> None:
    assert list(problems(mail(**changes).payload, SCHEMA)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reference", "7K4-92Q-MXI"),
        ("severity", "urgent"),
        ("declared_at", "2026-11-21 08:12"),
        ("extra", 1),
        ("observed.precision", "soon"),
        ("place.site", None),
        ("trace.sequence", -1),
        ("trace.sequence", True),
        ("domains", ["none"]),
        ("answers", {"means": 3}),
        ("reporter.role", "staff"),
        ("personal_data", "oui"),
    ],
)
def test_the_check_itself_notices_what_is_wrong(path: str, value: Any) -> None:
    payload = mail().payload
    *parents, leaf = path.split(".")
    node = payload
    for parent in parents:
        node = node[parent]
    node[leaf] = value
    assert list(problems(payload, SCHEMA))


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_the_check_notices_what_is_missing(name: str) -> None:
    payload = mail().payload
    del payload[name]
    assert list(problems(payload, SCHEMA)) == [f"$.{name} is missing"]


def test_every_property_we_send_is_required_or_explained() -> None:
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(mail().payload)


@pytest.mark.parametrize(
    ("called", "reached"),
    [("reached", True), ("no_answer", False), ("not_yet", False), ("unknown", None), (None, None)],
)
def test_a_call_is_told_as_it_was_answered_and_whether_anybody_was_reached(
    called: str | None, reached: bool | None
) -> None:
    payload = mail(called=called).payload
    assert payload["called"] == {"who": None, "reached": reached, "answer": called}
    assert list(problems(payload, SCHEMA)) == []


def test_a_reporter_who_gave_nothing_stays_nameless() -> None:
    nameless = mail(contact_name="", contact_company="", contact_telephone="06 00 00 00 00").payload["reporter"]
    assert nameless == {"role": "contractor", "telephone": "06 00 00 00 00"}


def test_both_moments_of_awareness_and_the_deadline_are_told() -> None:
    assert mail().payload["cnil"] == {
        "origin": "Equipement perdu ou volé",
        "cause": "Inconnu",
        "aware_at": "2026-11-20T23:00:00.000Z",
        "told_at": "2026-11-21T08:12:00.000Z",
        "deadline_72h": "2026-11-24T08:12:00.000Z",
    }
