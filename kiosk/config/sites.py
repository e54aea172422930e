"""Sites, zones and terminals."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.config.duty import Calendar
from kiosk.config.look import Terminal
from kiosk.config.table import CODE, CODE_WANTED, Fault, Table, twice
from kiosk.domain.catalogue.common import zone_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Table):
    code: str
    name: str

    def faults(self) -> Iterator[Fault]:
        if not CODE.fullmatch(self.code):
            yield "code", CODE_WANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(Table):
    id: str
    name: str
    address: str = ""
    zones: tuple[Zone, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    calendar: Calendar | None = None

    def zone_name(self, code: str | None) -> str:
        """Empty without a zone."""
        return zone_words({zone.code: zone.name for zone in self.zones}, code)

    def faults(self) -> Iterator[Fault]:
        if not CODE.fullmatch(self.id):
            yield "id", CODE_WANTED
        for code in twice(zone.code for zone in self.zones):
            yield "zones", f"nomme deux fois « {code} » : chaque zone doit avoir son propre code"


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
