"""What can be configured, with every default; see docs/settings.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from babel import Locale, UnknownLocaleError

from kiosk.config.audiences import Audience, Role, default_audiences
from kiosk.config.duty import Duty
from kiosk.config.look import Organisation, Terminal
from kiosk.config.mail import Mail, Smtp
from kiosk.config.retention import Retention
from kiosk.config.sites import Site, default_sites
from kiosk.config.staff import Staff
from kiosk.config.table import Fault, Table, outside, twice

DATABASE = "kiosk.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages(Table):
    offered: tuple[str, ...] = ("fr", "en", "ar")

    def faults(self) -> Iterator[Fault]:
        if "fr" not in self.offered:
            yield "offered", "doit contenir fr"
        for code in self.offered:
            try:
                Locale.parse(code, sep="-")
            except (ValueError, UnknownLocaleError):
                yield "offered", f"contient « {code} », qui n'est pas un code de langue tel que fr ou pt-BR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web(Table):
    """``hosts``: names under which browsers may reach the doors, besides the loopback names.

    ``idle`` in seconds: how long nobody touches a page before the terminal asks whether somebody is still there.
    ``proxy``: the address of a proxy before the doors, whose forwarded headers are believed.
    """

    hosts: tuple[str, ...] = ()
    idle: int = 75
    proxy: str = ""

    def faults(self) -> Iterator[Fault]:
        yield from outside("idle", self.idle, 30, 600, "secondes")
        try:
            ip_address(self.proxy or "127.0.0.1")
        except ValueError:
            yield "proxy", "doit être l'adresse IP du mandataire, par exemple 127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Table):
    """Everything the program may vary, built once at start and never changed.

    ``instance``: where the database, the secrets and the locks lie. ``demo``: it is a demonstration.
    """

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

    def faults(self) -> Iterator[Fault]:
        if not self.sites:
            yield "sites", "est vide : il faut au moins un site"
        for id_ in twice(site.id for site in self.sites):
            yield "sites", f"contient deux fois « {id_} » : chaque site doit avoir son propre id"
        if not any(audience.role == Role.MSSI and audience.active for audience in self.audiences):
            yield "audiences", "doit garder au moins un destinataire actif de rôle mssi"

    @property
    def home(self) -> Path:
        """Folder of kiosk.toml, from which the paths in it count."""
        return self.instance.parent if self.demo else self.instance

    @property
    def database(self) -> Path:
        return self.instance / DATABASE

    @property
    def secrets(self) -> Path:
        return self.instance / "secrets"

    @property
    def demo_mailbox(self) -> Path:
        return self.instance / "mailbox"

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
        return self.home / "keyboards"

    @property
    def logo(self) -> Path | None:
        path = self.organisation.logo
        return self.home / path if path else None

    @property
    def screen(self) -> Terminal:
        """The terminal that this server stands in for; one like any other where the site names none."""
        found = (terminal for terminal in self.local_site.terminals if terminal.id == self.local_terminal)
        return next(found, Terminal(id="terminal", name=""))

    @property
    def local_terminal(self) -> str | None:
        return self.terminal or next((terminal.id for terminal in self.local_site.terminals), None)
