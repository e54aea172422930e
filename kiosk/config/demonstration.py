"""Demonstration: an instance of its own in the folder ``demo`` of the real one, whose settings it shares.

Its database is marked at creation, so that no command takes it for a real one.
"""

import dataclasses
from pathlib import Path

from kiosk.config.audiences import Role
from kiosk.config.mail import Smtp
from kiosk.config.settings import DATABASE, Settings

FOLDER = "demo"
# SQLite's application_id, at byte MARK_AT of a database: four bytes, big-endian.
REAL, DEMONSTRATION = 0x4B494F53, 0x4B494F44  # "KIOS" and "KIOD"
MARK_AT = 68

# Numbers that the French regulator (ARCEP) reserves for fiction.
TELEPHONES = {Role.MANAGER: "04 65 71 00 01", Role.DEPUTY: "04 65 71 00 02", Role.REFERENT: "04 65 71 00 03"}


def is_marked(database: Path) -> bool:
    """False when the file cannot be read."""
    try:
        with database.open("rb") as file:
            file.seek(MARK_AT)
            return file.read(4) == DEMONSTRATION.to_bytes(4)
    except OSError:
        return False


def locate(named: Path, *, demo: bool) -> tuple[Path, bool]:
    """``named`` if its database is marked as a demonstration's; else with ``demo`` the folder inside it."""
    if is_marked(named / DATABASE):
        return named, True
    return (named / FOLDER, True) if demo else (named, False)


def dressed(settings: Settings) -> Settings:
    """No relay, an address for every audience, fictional telephones."""
    audiences = tuple(
        dataclasses.replace(
            audience,
            address=audience.address or f"{audience.id}@demonstration.invalid",
            telephone=audience.telephone or TELEPHONES.get(audience.role, ""),
        )
        for audience in settings.audiences
    )
    return dataclasses.replace(settings, audiences=audiences, smtp=Smtp())
