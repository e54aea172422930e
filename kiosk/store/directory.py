"""Sites, zones, terminals and audiences as the settings name them, kept as rows that reports can refer to."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlite_utils import Database

from kiosk.config import Audience, Site
from kiosk.store.connection import immediate


def sync(db: Database, sites: Sequence[Site], audiences: Sequence[Audience]) -> None:
    """Makes the rows say what the settings say; what is gone is switched off, never deleted (reports refer to it)."""
    with immediate(db):
        for table in ("sites", "zones", "terminals", "audiences"):
            db.execute(f"UPDATE {table} SET active = 0 WHERE active = 1")
        for site in sites:
            _sync_site(db, site)
        for audience in audiences:
            _put(db, "audiences", _audience_row(audience), key=("id",))


def _sync_site(db: Database, site: Site) -> None:
    _put(db, "sites", {"id": site.id, "name": site.name, "address": site.address, "active": 1}, key=("id",))
    for position, zone in enumerate(site.zones):
        row: dict[str, str | int] = {
            "site_id": site.id,
            "code": zone.code,
            "name": zone.name,
            "position": position,
            "active": 1,
        }
        _put(db, "zones", row, key=("site_id", "code"))
    for terminal in site.terminals:
        row = {"id": terminal.id, "site_id": site.id, "name": terminal.name, "active": 1}
        _put(db, "terminals", row, key=("id",))


def _audience_row(audience: Audience) -> dict[str, str | int]:
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


def _put(db: Database, table: str, row: Mapping[str, str | int], *, key: Iterable[str]) -> None:
    columns, updates = ", ".join(row), ", ".join(f"{name} = excluded.{name}" for name in row)
    marks = ", ".join("?" for _ in row)
    db.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}",
        list(row.values()),
    )
