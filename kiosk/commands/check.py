"""`kiosk check`: troubles of this installation, as text or JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from kiosk import clock
from kiosk.commands.shared import opened, says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.domain.disk_room import DiskRoom
from kiosk.domain.troubles import Colour, FoundTrouble
from kiosk.domain.troubles.running import DATABASE, DISK
from kiosk.errors import StoreError
from kiosk.store.base.damage import damage_in, damage_noted
from kiosk.store.base.failures import told_as_store_errors
from kiosk.store.base.room import is_full_disk
from kiosk.store.instance import start
from kiosk.watch.check import find_troubles, troubles_without_database


def is_red(found: Sequence[FoundTrouble]) -> bool:
    return any(each.trouble.colour == Colour.RED for each in found)


def as_report(found: Sequence[FoundTrouble]) -> str:
    if not found:
        return "Tout est en ordre."
    return "\n".join(
        f"{each.trouble.colour.french:6}  {each.sentence}\n        → {each.trouble.action}" for each in found
    )


def as_json(found: Sequence[FoundTrouble]) -> dict[str, Any]:
    problems = [
        {
            "code": each.trouble.code,
            "colour": each.trouble.colour,
            "what": each.sentence,
            "action": each.trouble.action,
        }
        for each in found
    ]
    return {"red": is_red(found), "problems": problems}


def _look(settings: Settings, *, as_json: bool) -> list[FoundTrouble]:
    """A database that cannot be read is a trouble among others."""
    start.demand_kiosk(settings)
    try:
        with (
            told_as_store_errors(settings.database),
            damage_noted(settings.database),
            opened(settings, as_json=as_json) as db,
        ):
            return find_troubles(db, settings, clock.now())
    except (StoreError, OSError) as error:
        if is_full_disk(error, settings.database):
            return troubles_without_database(settings, DISK.found(room=DiskRoom(free=0).french))
        return troubles_without_database(settings, DATABASE.found(damage=damage_in(error) or error))


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Écrit un objet JSON.")
@says_errors_plainly
def check(wants_json: bool) -> None:
    """Dit ce qui ne va pas et ce qu'il faut faire ; code de retour 1 s'il y a du rouge."""
    found = _look(load_settings(), as_json=wants_json)
    click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=2) if wants_json else as_report(found))
    sys.exit(1 if is_red(found) else 0)
