"""Settings checks before a start: within each table, then across tables."""

from collections.abc import Iterator
from itertools import chain

from kiosk.config.keyboards import read_layouts
from kiosk.config.logo import logo_faults
from kiosk.config.settings import Settings
from kiosk.config.table import Place, faults_within, spelled
from kiosk.errors import SettingsError


def check_settings(settings: Settings) -> None:
    """Raises SettingsError for the first fault."""
    for place, wrong in chain(faults_within(settings), _contradictions(settings)):
        raise SettingsError(f"{spelled(place, settings)} {wrong}.")
    read_layouts(settings.keyboards)


def _contradictions(settings: Settings) -> Iterator[tuple[Place, str]]:
    yield from _terminal_faults(settings)
    yield from _audience_faults(settings)
    if settings.logo is not None:
        yield from ((("organisation", "logo"), wrong) for wrong in logo_faults(settings.logo))


def _terminal_faults(settings: Settings) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for number, site in enumerate(settings.sites):
        for index, terminal in enumerate(site.terminals):
            if terminal.id in seen:
                yield ("sites", number, "terminals", index), "existe déjà : chaque terminal doit avoir son propre id"
            seen.add(terminal.id)
    if settings.terminal and settings.terminal not in seen:
        found = ", ".join(sorted(seen)) or "aucun"
        yield ("terminal",), f"nomme « {settings.terminal} », qui n'est pas un terminal des sites (connus : {found})"


def _audience_faults(settings: Settings) -> Iterator[tuple[Place, str]]:
    sites = {site.id for site in settings.sites}
    for index, audience in enumerate(settings.audiences):
        for site in sorted(set(audience.sites) - sites):
            known = ", ".join(sorted(sites))
            yield ("audiences", index, "sites"), f"nomme « {site} », qui n'est pas un site (connus : {known})"
