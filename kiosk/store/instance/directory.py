"""Directory: sites, zones, terminals and audiences as rows, synchronised from the settings."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from kiosk.config import Audience, Settings, Site
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

DirectoryRow = dict[str, str | int]

KEYS = {"sites": "id", "zones": "site_id, code", "terminals": "id", "audiences": "id"}


def sync(db: Database, sites: Sequence[Site], audiences: Sequence[Audience]) -> None:
    """Make the rows match the settings. A row no longer named becomes inactive, because reports refer to it.

    Writes nothing if they match: commands that only read need no write lock and no disk space.
    """
    wanted = {
        "sites": [_site_row(site) for site in sites],
        "zones": [row for site in sites for row in _zone_rows(site)],
        "terminals": [row for site in sites for row in _terminal_rows(site)],
        "audiences": [_audience_row(audience) for audience in audiences],
    }
    if all(_holds(db, table, rows) for table, rows in wanted.items()):
        return
    with immediate(db):
        for table, rows in wanted.items():
            db.execute(f"UPDATE {table} SET active = 0 WHERE active = 1")
            for row in rows:
                _put(db, table, row)


def correct(db: Database, settings: Settings, *, audience: str, reference: str | None, at: datetime) -> None:
    """``sync`` of rows that somebody has altered past the kiosk, with an event."""
    sync(db, settings.sites, settings.audiences)
    with immediate(db):
        event = Event(action="address_corrected", reference=reference, detail={"audience": audience})
        events.append(db, [event], at)


def addresses(db: Database) -> list[tuple[str, str]]:
    """Name and address of each active audience."""
    return db.execute("SELECT name, address FROM audiences WHERE active = 1 ORDER BY id").fetchall()


def _holds(db: Database, table: str, rows: list[DirectoryRow]) -> bool:
    known = list(db[table].rows)
    return all(row in known for row in rows) and all(row in rows for row in known if row["active"])


def _put(db: Database, table: str, row: DirectoryRow) -> None:
    columns, updates = ", ".join(row), ", ".join(f"{name} = excluded.{name}" for name in row)
    marks = ", ".join("?" for _ in row)
    db.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({KEYS[table]}) DO UPDATE SET {updates}",
        list(row.values()),
    )


def _site_row(site: Site) -> DirectoryRow:
    return {"id": site.id, "name": site.name, "address": site.address, "active": 1}


def _zone_rows(site: Site) -> list[DirectoryRow]:
    return [
        {"site_id": site.id, "code": zone.code, "name": zone.name, "position": position, "active": 1}
        for position, zone in enumerate(site.zones)
    ]


def _terminal_rows(site: Site) -> list[DirectoryRow]:
    return [{"id": terminal.id, "site_id": site.id, "name": terminal.name, "active": 1} for terminal in site.terminals]


def _audience_row(audience: Audience) -> DirectoryRow:
    return {
        "id": audience.id,
        "role": audience.role.value,
        "name": audience.name,
        "address": audience.address,
        "telephone": audience.telephone,
        "sites": json.dumps(audience.sites),
        "kinds": json.dumps(audience.kinds),
        "told_when": audience.when.value,
        "active": int(audience.active),
    }
