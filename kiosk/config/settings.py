"""Settings with their defaults; see docs/settings.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from ipaddress import ip_address, ip_network
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
from kiosk.domain.addresses import is_host, is_ip

DATABASE = "kiosk.db"


@cache
def translated() -> frozenset[str]:
    """Codes of the languages that the screens speak."""
    folders = (files("kiosk") / "translations").iterdir()
    return frozenset({"fr", *(folder.name.replace("_", "-") for folder in folders if folder.is_dir())})


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
                continue
            if code not in translated():
                told = ", ".join(sorted(translated()))
                yield "offered", f"contient « {code} », une langue sans traduction (il y a : {told})"
        for code in twice(self.offered):
            yield "offered", f"contient deux fois « {code} »"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web(Table):
    """``hosts``: names under which browsers may reach the doors, besides the loopback names.

    ``idle``: seconds without a touch before the terminal asks whether somebody is there. ``proxy``: address of a proxy
    in front of the doors, whose forwarded headers are trusted. ``terminals``: networks of the terminals, besides
    loopback.
    """

    hosts: tuple[str, ...] = ()
    idle: int = 75
    proxy: str = ""
    terminals: tuple[str, ...] = ()

    def is_terminal(self, address: str) -> bool:
        """True if the client at this IP address is one of the terminals."""
        try:
            given = ip_address(address)
        except ValueError:
            return False
        known = getattr(given, "ipv4_mapped", None) or given
        return known.is_loopback or any(known in ip_network(network) for network in self.terminals)

    def faults(self) -> Iterator[Fault]:
        yield from outside("idle", self.idle, 30, 600, "secondes")
        if self.proxy and not is_ip(self.proxy):
            yield "proxy", "doit être l'adresse IP du mandataire, par exemple 127.0.0.1"
        for host in self.hosts:
            if not is_host(host.removeprefix("[").removesuffix("]").removeprefix(".")):
                yield "hosts", f"contient « {host} », qui n'est pas un nom de machine : ni https://, ni port"
        for network in self.terminals:
            try:
                ip_network(network)
            except ValueError:
                yield "terminals", f"contient « {network} », qui n'est pas un réseau tel que 10.1.2.0/24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Table):
    """Built once at start and never changed.

    ``instance``: folder of the database, the secrets and the locks.
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
        """Folder of kiosk.toml, to which its paths are relative."""
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
        """Site of this server's terminal; the first site if none is named."""
        for site in self.sites:
            if self.terminal in {terminal.id for terminal in site.terminals}:
                return site
        return self.sites[0]

    def site(self, code: str) -> Site | None:
        """None for a removed site, which may still have reports."""
        return next((site for site in self.sites if site.id == code), None)

    @property
    def keyboards(self) -> Path:
        """Added layouts of the on-screen keyboard."""
        return self.home / "keyboards"

    @property
    def logo(self) -> Path | None:
        path = self.organisation.logo
        return self.home / path if path else None

    @property
    def screen(self) -> Terminal:
        """With all defaults if the site names no terminal."""
        found = (terminal for terminal in self.local_site.terminals if terminal.id == self.local_terminal)
        return next(found, Terminal(id="terminal", name=""))

    @property
    def local_terminal(self) -> str | None:
        return self.terminal or next((terminal.id for terminal in self.local_site.terminals), None)
