"""What can be configured, with every default; see the table in README.md."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from pathlib import Path

from kiosk.config.duty import Calendar, Duty
from kiosk.config.look import Organisation, Terminal
from kiosk.config.retention import Retention
from kiosk.config.staff import Staff

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
    """When an audience is written to as soon as a report comes in."""

    ALWAYS = "always"
    PERSONAL_DATA = "personal_data"
    ESCALATION = "escalation"
    NEVER = "never"


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"

    @property
    def default_port(self) -> int:
        return {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    id: str
    name: str
    address: str = ""
    zones: tuple[Zone, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Somebody who is told. No ``sites`` or ``kinds`` means all of them; no address means: cannot be written to yet.

    ``certificate``: a PEM file, its path counting from the instance; what they get is encrypted to those in it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """``sender`` stands in From; ``bounce`` is the envelope sender and must be a mailbox that somebody reads.

    ``daily_at`` on French clocks; ``alarm_after`` in minutes: how long a trouble, or its end, lasts before it is told.
    ``signing_…``: PEM files, their paths counting from the instance; the kiosk signs its mails with them.
    """

    sender: str = MSSI_ADDRESS
    bounce: str = MSSI_ADDRESS
    console_url: str = ""
    daily_at: time = time(7, 0)
    alarm_after: int = 5
    signing_certificate: Path | None = None
    signing_key: Path | None = None

    @property
    def domain(self) -> str:
        """What stands in Message-IDs behind the at sign."""
        return self.sender.partition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """``ambiguous_wait`` in seconds: how long after a break behind the final dot the same mail is sent again."""

    host: str = ""
    port: int = 0
    security: Security = Security.STARTTLS
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    ambiguous_wait: int = 600

    @property
    def effective_port(self) -> int:
        return self.port or self.security.default_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    offered: tuple[str, ...] = ("fr", "en", "ar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """``hosts``: names under which browsers may reach the doors, besides the loopback names.

    ``idle`` in seconds: how long nobody touches a page before the terminal asks whether somebody is still there.
    ``proxy``: the address of a proxy before the doors, whose forwarded headers are believed.
    """

    hosts: tuple[str, ...] = ()
    idle: int = 75
    proxy: str = ""


def default_sites() -> tuple[Site, ...]:
    zones = ("Hall d'accueil", "Bureaux", "Local technique", "Archives", "Parking", "Extérieur")
    return (
        Site(
            id="siege",
            name="Siège",
            zones=tuple(Zone(code=f"zone-{number}", name=name) for number, name in enumerate(zones, 1)),
            terminals=(Terminal(id="hall", name="Borne du hall"),),
        ),
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the program may vary, built once at start and never changed."""

    instance: Path
    demo: bool = False
    terminal: str = ""
    organisation: Organisation = field(default_factory=Organisation)
    sites: tuple[Site, ...] = field(default_factory=default_sites)
    audiences: tuple[Audience, ...] = field(default_factory=default_audiences)
    mail: Mail = field(default_factory=Mail)
    smtp: Smtp = field(default_factory=Smtp)
    languages: Languages = field(default_factory=Languages)
    web: Web = field(default_factory=Web)
    staff: Staff = field(default_factory=Staff)
    duty: Duty = field(default_factory=Duty)
    retention: Retention = field(default_factory=Retention)

    @property
    def database(self) -> Path:
        return self.instance / "kiosk.db"

    @property
    def secrets(self) -> Path:
        return self.instance / "secrets"

    @property
    def demo_mailbox(self) -> Path:
        return self.instance / "demo-mailbox"

    @property
    def local_site(self) -> Site:
        """The site of the terminal this server stands in for (topology a)."""
        for site in self.sites:
            if self.terminal in {terminal.id for terminal in site.terminals}:
                return site
        return self.sites[0]

    def site(self, code: str) -> Site | None:
        """None for one that has left the settings, though its reports are still there."""
        return next((site for site in self.sites if site.id == code), None)

    @property
    def keyboards(self) -> Path:
        """Where layouts of the keyboard on the screen may be added."""
        return self.instance / "keyboards"

    @property
    def logo(self) -> Path | None:
        path = self.organisation.logo
        return self.instance / path if path else None

    @property
    def screen(self) -> Terminal:
        """The terminal that this server stands in for; one like any other where the site names none."""
        found = (terminal for terminal in self.local_site.terminals if terminal.id == self.local_terminal)
        return next(found, Terminal(id="terminal", name=""))

    @property
    def local_terminal(self) -> str | None:
        return self.terminal or next((terminal.id for terminal in self.local_site.terminals), None)
