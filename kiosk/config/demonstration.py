"""Demonstration: an instance of its own in the folder ``demo`` of the real one, whose settings it shares.

Its database is marked when it is made, so that no command takes it for a real one.
"""

import dataclasses
from pathlib import Path

from kiosk.config.audiences import Role
from kiosk.config.mail import Smtp
from kiosk.config.settings import DATABASE, Settings

FOLDER = "demo"
# SQLite's application_id, in the header of a database: four bytes, the most significant one first.
REAL, DEMONSTRATION = 0x4B494F53, 0x4B494F44  # "KIOS" and "KIOD"
MARK_AT = 68

# Numbers that the regulator keeps for fiction.
TELEPHONES = {Role.MANAGER: "04 65 71 00 01", Role.DEPUTY: "04 65 71 00 02", Role.REFERENT: "04 65 71 00 03"}


def is_marked(database: Path) -> bool:
    """Whether the file is a demonstration's database; False when it cannot be read."""
    try:
        with database.open("rb") as file:
            file.seek(MARK_AT)
            return file.read(4) == DEMONSTRATION.to_bytes(4)
    except OSError:
        return False


def locate(named: Path, *, demo: bool) -> tuple[Path, bool]:
    """The instance, and whether it is a demonstration: the one that was ``named``, or if ``demo`` the one inside it."""
    if is_marked(named / DATABASE):
        return named, True
    return (named / FOLDER, True) if demo else (named, False)


def dressed(settings: Settings) -> Settings:
    """Settings of the real instance as a demonstration uses them: no relay, and nobody without address or telephone."""
    audiences = tuple(
        dataclasses.replace(
            audience,
            address=audience.address or f"{audience.id}@demonstration.invalid",
            telephone=audience.telephone or TELEPHONES.get(audience.role, ""),
        )
        for audience in settings.audiences
    )
    return dataclasses.replace(settings, audiences=audiences, smtp=Smtp())
