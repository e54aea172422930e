"""Listen addresses of the doors at their last start: for links, and to judge their exposure."""

from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate

PUBLIC, STAFF = "public", "staff"


def opened(db: Database, addresses: dict[str, str], now: datetime) -> None:
    """``addresses``: HOST:PORT by door."""
    with immediate(db):
        for name, address in addresses.items():
            db.execute(
                "INSERT INTO doors VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET address = excluded.address,"
                " opened_at = excluded.opened_at",
                (name, address, clock.to_text(now)),
            )


def address_of(db: Database, name: str) -> str | None:
    row = db.execute("SELECT address FROM doors WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None
