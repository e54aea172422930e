"""One report with its whole trace, in a file that somebody outside can read and check without the kiosk."""

import hashlib
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.commands.verify import WHOLE, noted_by_hand, verify_trace
from kiosk.config import Settings
from kiosk.domain.catalogue import KINDS
from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import Actor
from kiosk.domain.trace_head import TraceHead
from kiosk.duty import acts
from kiosk.duty.decisions import Repeated
from kiosk.errors import StoreError
from kiosk.mail.report.facts import Facts
from kiosk.reporting import export, reply
from kiosk.reporting.accept import accept
from kiosk.reporting.mail_facts import facts_of
from kiosk.store.keys import site_keys
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.reports import report_status
from kiosk.store.reports.stored_report import find, open_report, report_of
from kiosk.store.trace import events
from tests.build import claim
from tests.unit.test_mail_facts import NOW, full
from tests.unit.test_mail_payload import SCHEMA as INCIDENT
from tests.unit.test_mail_payload import problems

SCHEMA: dict[str, Any] = json.loads(files("kiosk.reporting").joinpath("export.schema.json").read_text(encoding="utf-8"))
MANAGER = Actor("camille", "Camille Exemple", "manager")
WORDS = "La serrure est changée demain."


@pytest.fixture
def reference(db: Database, settings: Settings) -> str:
    """A report that came in, was mailed, refused, taken and answered; and another one beside it."""
    received = accept(db, settings, full(KINDS["theft"], 0), NOW).reference
    accept(db, settings, full(KINDS["virus"], 0), NOW)
    outcomes.record_held(db, claim(db, NOW), Ending("refused", "rcpt", "550 5.1.1 no such user"), NOW)
    acts.acknowledge(db, settings, received, actor=MANAGER, eta=Eta.HOUR, now=NOW)
    reply.reply(db, received, WORDS, actor=MANAGER, now=NOW)
    return received


def opened(db: Database, settings: Settings, reference: str) -> Facts:
    kept = find(db, reference)
    assert kept
    return facts_of(
        report_of(kept, open_report(kept.sealed, site_keys.in_files(db, settings.secrets))),
        reference=reference,
        site=settings.sites[0],
        audiences=settings.audiences,
        organisation=settings.organisation.name,
        console_url="",
        trace=TraceHead(0, b""),
        demo=False,
    )


@pytest.fixture
def exported(db: Database, settings: Settings, reference: str) -> dict[str, Any]:
    facts = opened(db, settings, reference)
    told = export.export(db, facts, site_keys.in_files(db, settings.secrets), actor=MANAGER, now=NOW)
    return dict(json.loads(json.dumps(told)))


def test_it_keeps_to_its_published_schema_and_to_that_of_the_mails(exported: dict[str, Any]) -> None:
    assert list(problems(exported, SCHEMA)) == []
    assert list(problems(exported["report"], INCIDENT)) == []


def test_it_holds_what_was_told_who_took_it_what_was_written_and_the_relays_words(
    exported: dict[str, Any], reference: str
) -> None:
    assert exported["report"]["reference"] == reference
    assert exported["report"]["description"]
    assert (exported["standing"]["state"], exported["standing"]["taken_by"]) == ("acknowledged", "Camille Exemple")
    assert exported["written_since"]["replies"][0]["text"] == WORDS
    held = next(mail for mail in exported["mails"] if mail["state"] == "held")
    assert held["attempts"][0]["reply"] == "550 5.1.1 no such user"
    assert exported["exported_by"] == {"account": "camille", "name": "Camille Exemple", "role": "manager"}


def test_it_names_the_report_that_it_repeats_and_those_that_repeat_it(
    db: Database, settings: Settings, reference: str
) -> None:
    other = accept(db, settings, full(KINDS["theft"], 1), NOW).reference
    repeated = Repeated(report_status.get(db, reference).id, reference)
    acts.close(db, settings, other, actor=MANAGER, outcome=Outcome.DUPLICATE, now=NOW, repeats=repeated)
    found = {
        each: export.export(db, opened(db, settings, each), None, actor=MANAGER, now=NOW) for each in (reference, other)
    }
    told = {each: (one["standing"]["repeats"], one["standing"]["repeated_by"]) for each, one in found.items()}
    assert told == {reference: (None, [other]), other: (reference, [])}
    assert [problem for one in found.values() for problem in problems(json.loads(json.dumps(one)), SCHEMA)] == []


def test_who_exported_it_is_the_last_event_in_it(exported: dict[str, Any]) -> None:
    actions = [event["action"] for event in exported["events"]]
    assert actions[0] == "report_received"
    assert actions[-1] == "report_exported"
    assert exported["events"][-1]["actor"] == "camille"


def test_anybody_can_check_each_event_and_where_they_follow_each_other(exported: dict[str, Any]) -> None:
    for event in exported["events"]:
        found = hashlib.sha256(bytes.fromhex(event["previous"]) + event["hashed"].encode()).hexdigest()
        assert found == event["digest"]
        number, at, actor, action, reference, detail, _stored = json.loads(event["hashed"])
        assert (number, at, actor, action) == (event["sequence"], event["at"], event["actor"], event["action"])
        assert reference == exported["report"]["reference"]
        assert json.loads(detail) == event["detail"]
    for first, second in zip(exported["events"], exported["events"][1:], strict=False):
        follows = second["sequence"] == first["sequence"] + 1
        assert (second["previous"] == first["digest"]) == follows
    assert exported["events"][-1]["digest"] == exported["trace"]["head"]


def test_the_head_in_it_can_be_held_against_the_trace(exported: dict[str, Any], settings: Settings) -> None:
    head = noted_by_hand(f"{exported['trace']['sequence']}:{exported['trace']['head']}")
    assert verify_trace(settings, [head]).status == WHOLE


def test_nothing_of_another_report_is_in_it(exported: dict[str, Any], db: Database) -> None:
    others = db.execute("SELECT reference FROM reports WHERE kind = 'virus'").fetchone()[0]
    assert others not in json.dumps(exported)
    assert {event["sequence"] for event in exported["events"]} < set(range(1, events.head(db).sequence + 1))


def test_without_the_sites_key_it_says_that_it_does_not_know(db: Database, settings: Settings, reference: str) -> None:
    told = export.export(db, opened(db, settings, reference), None, actor=MANAGER, now=NOW)
    assert told["written_since"] is None
    assert list(problems(told, SCHEMA)) == []


def test_another_key_opens_nothing(db: Database, settings: Settings, reference: str) -> None:
    with pytest.raises(StoreError):
        export.export(
            db, opened(db, settings, reference), lambda _: X25519PrivateKey.generate(), actor=MANAGER, now=NOW
        )


def test_an_unknown_reference_is_no_export(db: Database, settings: Settings, reference: str) -> None:
    facts = replace(opened(db, settings, reference), reference="000-000-000")
    with pytest.raises(LookupError):
        export.export(db, facts, None, actor=MANAGER, now=NOW)
