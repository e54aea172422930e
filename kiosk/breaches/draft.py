"""Draft of a breach file from the report, for the DPO to correct."""

from collections.abc import Iterator
from typing import Any

from kiosk.breaches.cnil_form import DOES_NOT_KNOW, accepted
from kiosk.domain.catalogue import UNKNOWN, Tristate
from kiosk.domain.cnil import CnilOrigin
from kiosk.mail.french import moment_words
from kiosk.mail.report.facts import Facts

SUPPORTS = {
    "computer": "laptop",
    "phone": "phone",
    "storage": "usb",
    "documents": "paper",
    "post": "paper",
    "equipment": "other",
}
NATURES = {"device_outage": ["availability"], "virus": ["confidentiality", "integrity", "availability"]}
MALICE = ("stolen", "break_in", "theft")


def draft_of(facts: Facts) -> dict[str, Any]:
    """Draft of the answers. A fact that the report lacks stays open, or «ne sait pas» where the form allows it."""
    coded = {said.code: said.coded for said in facts.said}
    return accepted(
        {
            "certainty": "suspected",
            "nature": NATURES.get(facts.kind, ["confidentiality"]),
            "origin": [origin.code for origin in CnilOrigin if origin == facts.cnil_origin],
            "cause": _cause(facts, coded),
            "circumstances": "\n".join(_circumstances(facts)),
            "processor": _processor(facts),
            "data": [UNKNOWN],
            "records_band": UNKNOWN,
            "people": [UNKNOWN],
            "people_band": UNKNOWN,
            "support": _support(facts, coded),
            "encrypted": coded.get("encrypted", UNKNOWN),
            "measures_after": facts.already_done,
            "informed": UNKNOWN,
        }
    )


def _cause(facts: Facts, coded: dict[str, Any]) -> str:
    stolen = any(answer in MALICE for answer in coded.values() if isinstance(answer, str))
    return "external_malicious" if stolen or facts.kind == "virus" else UNKNOWN


def _support(facts: Facts, coded: dict[str, Any]) -> list[str]:
    answer = coded.get("what", [])
    chosen = [SUPPORTS[code] for code in (answer if isinstance(answer, list) else [answer]) if code in SUPPORTS]
    if facts.kind == "virus":
        chosen.append("desktop")
    return list(dict.fromkeys(chosen)) or [UNKNOWN]


def _circumstances(facts: Facts) -> Iterator[str]:
    place = " · ".join(filter(None, (facts.site_name, facts.zone_name, facts.place)))
    yield f"{facts.kind_title}, {place}."
    yield f"Constaté : {facts.observed_words} ; signalé à la borne le {moment_words(facts.declared_at)}."
    ongoing = DOES_NOT_KNOW.label if facts.ongoing == UNKNOWN else Tristate.word(facts.ongoing)
    yield f"Toujours en cours : {ongoing}."
    if facts.description:
        yield f"Avec les mots de l'intervenant : {facts.description}"


def _processor(facts: Facts) -> str:
    if not facts.contact_company:
        return ""
    return f"{facts.contact_company}, a prévenu le {moment_words(facts.declared_at)}."
