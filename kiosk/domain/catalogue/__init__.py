"""Catalogue of incident kinds, in tile order. A new kind is one module here, one line below, one pictogram."""

from kiosk.domain.catalogue.access_control_disabled import ACCESS_CONTROL_DISABLED
from kiosk.domain.catalogue.device_outage import DEVICE_OUTAGE
from kiosk.domain.catalogue.lost_access import LOST_ACCESS
from kiosk.domain.catalogue.other import OTHER
from kiosk.domain.catalogue.theft import THEFT
from kiosk.domain.catalogue.virus import VIRUS
from kiosk.domain.catalogue.vocabulary import (
    UNKNOWN,
    Answers,
    Choice,
    Condition,
    Domain,
    Form,
    Kind,
    Question,
    Tristate,
    first_match,
)

KINDS: dict[str, Kind] = {
    kind.code: kind for kind in (LOST_ACCESS, THEFT, VIRUS, ACCESS_CONTROL_DISABLED, DEVICE_OUTAGE, OTHER)
}


def kind_of(code: str) -> Kind:
    """An unknown code gives `other`: no report is refused for a code."""
    return KINDS.get(code, OTHER)


__all__ = [
    "KINDS",
    "UNKNOWN",
    "Answers",
    "Choice",
    "Condition",
    "Domain",
    "Form",
    "Kind",
    "Question",
    "Tristate",
    "first_match",
    "kind_of",
]
