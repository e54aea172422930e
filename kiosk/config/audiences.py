"""Audiences: who is told of which reports, and at which address."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kiosk.config.table import ADDRESS_WANTED, CODE, CODE_WANTED, Fault, Table
from kiosk.domain.addresses import MAIL_ADDRESS

MSSI_ADDRESS = "contact-ssi.cpam-marseille@assurance-maladie.fr"
DPO_ADDRESS = "dpo.cpam-marseille@assurance-maladie.fr"


class Role(StrEnum):
    MSSI = "mssi"
    MANAGER = "manager"
    DEPUTY = "deputy"
    DPO = "dpo"
    REFERENT = "referent"
    SERVICE = "service"


class When(StrEnum):
    """Condition for the mail about a new report."""

    ALWAYS = "always"
    PERSONAL_DATA = "personal_data"
    ESCALATION = "escalation"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(Table):
    """Empty ``sites`` or ``kinds``: all; empty ``address``: no mail is possible yet.

    ``certificate``: PEM file, relative to the instance; mails to this audience are encrypted to its certificates.
    """

    id: str
    role: Role
    name: str
    address: str = ""
    telephone: str = ""
    sites: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    when: When = When.ALWAYS
    active: bool = True
    certificate: Path | None = None

    def faults(self) -> Iterator[Fault]:
        if not CODE.fullmatch(self.id):
            yield "id", CODE_WANTED
        if self.address and not MAIL_ADDRESS.fullmatch(self.address):
            yield "address", ADDRESS_WANTED


def default_audiences() -> tuple[Audience, ...]:
    return (
        Audience(id="mssi", role=Role.MSSI, name="MSSI", address=MSSI_ADDRESS),
        Audience(id="manager", role=Role.MANAGER, name="Responsable d'immeuble"),
        Audience(id="deputy", role=Role.DEPUTY, name="Suppléant", when=When.ESCALATION),
        Audience(
            id="dpo",
            role=Role.DPO,
            name="Délégué à la protection des données (DPO)",
            address=DPO_ADDRESS,
            when=When.PERSONAL_DATA,
        ),
        Audience(id="referent", role=Role.REFERENT, name="Référent", kinds=("lost_access",)),
        Audience(
            id="infrastructures",
            role=Role.SERVICE,
            name="Sous-Direction Infrastructures et Services",
            when=When.NEVER,
        ),
        Audience(id="resources", role=Role.SERVICE, name="Direction des Ressources", when=When.NEVER),
    )
