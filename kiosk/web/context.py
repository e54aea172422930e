"""What a view may ask for: the settings, and one database connection for as long as its request lasts."""

from typing import TYPE_CHECKING

from flask import Flask, current_app, g

from kiosk.config import Settings
from kiosk.store.connection import open_database

if TYPE_CHECKING:
    from sqlite_utils import Database


def install(app: Flask, settings: Settings) -> None:
    app.config["KIOSK_SETTINGS"] = settings
    app.teardown_appcontext(_close)


def current_settings() -> Settings:
    settings: Settings = current_app.config["KIOSK_SETTINGS"]
    return settings


def database() -> "Database":
    """Opened when it is first asked for; raises StoreError when it cannot be opened as promised."""
    if "database" not in g:
        g.database = open_database(current_settings().database)
    opened: Database = g.database
    return opened


def _close(error: BaseException | None) -> None:
    if "database" in g:
        g.pop("database").close()
