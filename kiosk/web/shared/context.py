"""Request context: the settings, and one pooled database connection for each request."""

import os

from flask import Flask, current_app, g

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.base.connection import Database
from kiosk.store.base.pool import Pool
from kiosk.store.watch import clock_marks

POOL = "kiosk_pool"


def install(app: Flask, settings: Settings) -> None:
    app.config["KIOSK_SETTINGS"] = settings
    app.extensions[POOL] = Pool(settings.database)
    app.teardown_appcontext(_give_back)


def warm(app: Flask, name: str) -> None:
    """Before the first request, so that no submission waits for the database."""
    app.extensions[POOL].warm(name, os.getpid(), clock.now())


def current_settings() -> Settings:
    settings: Settings = current_app.config["KIOSK_SETTINGS"]
    return settings


def database() -> Database:
    """From the pool, at the first call. Raises StoreError when none can be opened safely."""
    if "database_forbidden" in g:
        raise RuntimeError("this page must not depend on the database")
    if "database" not in g:
        g.database = current_app.extensions[POOL].take()
        clock_marks.adopt(g.database)
    lent: Database = g.database
    return lent


def forbid_database() -> None:
    """From now on in this request, ``database`` raises RuntimeError."""
    g.database_forbidden = True


def distrust_database() -> None:
    """After a failed commit the connection must not be used again."""
    if "database" in g:
        g.pop("database").close()


def _give_back(error: BaseException | None) -> None:
    if error is not None:
        distrust_database()
    if "database" in g:
        current_app.extensions[POOL].give_back(g.pop("database"))
