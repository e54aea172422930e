"""JSON attachment for programs: the report as codes. Schema: ``incident.schema.json``."""

import json
from typing import Any

from kiosk import clock
from kiosk.mail.report.facts import Facts
from kiosk.mail.safe_text import unclickable_json

SCHEMA = "ssi-kiosk/incident/1"
CNIL_CAUSE = "Inconnu"  # the reporter cannot know the cause; the DPO decides
REACHED = {"reached": True, "no_answer": False, "not_yet": False}


def payload_text(facts: Facts) -> str:
    """On one line: mails are many, and programs read it. Moments become text here."""
    return unclickable_json(
        json.dumps(_payload(facts), ensure_ascii=False, separators=(",", ":"), default=clock.to_text)
    )


def _payload(facts: Facts) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "reference": facts.reference,
        "kind": "declaration",
        "type": facts.kind,
        "severity": facts.severity,
        "declared_at": facts.declared_at,
        "entered": _entered(facts),
        "observed": _observed(facts),
        "ongoing": facts.ongoing,
        "place": _place(facts),
        "immediate_action": facts.already_done,
        "called": _called(facts.called),
        "reporter": _reporter(facts),
        "lang": facts.language,
        "description": facts.description,
        "answers": {said.code: said.coded for said in facts.said},
        "personal_data": facts.personal_data,
        "personal_data_answered": facts.personal_data_answered,
        "cnil": _cnil(facts),
        "domains": list(facts.domains),
        "tags": {"rsit": facts.rsit, "tlp": "amber"},
        "kiosk": _kiosk(facts),
        "trace": {"sequence": facts.trace.sequence, "head": facts.trace.hex},
        "flags": list(facts.flags),
    }


def _observed(facts: Facts) -> dict[str, Any]:
    return {
        "precision": facts.observed_precision,
        "earliest": facts.observed_earliest,
        "latest": facts.observed_latest,
        "typed": facts.observed_typed or None,
    }


def _entered(facts: Facts) -> dict[str, Any]:
    if facts.entered is None:
        return {"at": None, "by": None, "told": None}
    return {"at": facts.received_at, "by": facts.entered.by, "told": facts.entered.way}


def _place(facts: Facts) -> dict[str, Any]:
    return {
        "site": facts.site,
        "site_name": facts.site_name,
        "zone": facts.zone,
        "zone_name": facts.zone_name if facts.zone else None,
        "free": facts.place or None,
    }


def _called(called: str | None) -> dict[str, Any]:
    """``who`` is no longer asked; it stays for programs that use it."""
    return {"who": None, "reached": REACHED.get(called or ""), "answer": called}


def _reporter(facts: Facts) -> dict[str, Any]:
    given = {"name": facts.contact_name, "company": facts.contact_company, "telephone": facts.contact_telephone}
    return {"role": "contractor"} | {key: value for key, value in given.items() if value}


def _cnil(facts: Facts) -> dict[str, Any]:
    return {
        "origin": facts.cnil_origin or None,
        "cause": CNIL_CAUSE,
        "aware_at": facts.aware_at,
        "told_at": facts.declared_at,
        "deadline_72h": facts.deadline,
    }


def _kiosk(facts: Facts) -> dict[str, Any]:
    return {
        "organisation": facts.organisation,
        "terminal": facts.terminal,
        "sent_from": facts.sent_from,
        "version": facts.version,
        "demo": facts.demo,
    }
