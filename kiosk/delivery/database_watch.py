"""Periodic check for database damage: after the start, once a day, and each minute while some is noted."""

import logging
import os
import threading
import time
from datetime import datetime, timedelta

from kiosk.config import Settings
from kiosk.errors import KioskError
from kiosk.store.base import heartbeat
from kiosk.store.base.connection import Database, open_database
from kiosk.store.base.damage import look, noted

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(days=1)
PAUSE = 60.0  # seconds between two checks whether a look is due
LOOKED = "database look"  # name of its heartbeat


def keep_looking(settings: Settings, stop: threading.Event) -> None:
    """In a thread and on a connection of its own: a look at a large database takes seconds."""
    next_look = 0.0
    while True:
        if noted(settings.database) or time.monotonic() >= next_look:
            look_once(settings)
            next_look = time.monotonic() + LOOK_EVERY.total_seconds()
        if stop.wait(PAUSE):
            return


def look_once(settings: Settings) -> None:
    """Never raises."""
    try:
        with open_database(settings.database) as db:
            found = look(db, settings.database)
    except KioskError as error:
        log.error("the database cannot be opened: %s", error)
    else:
        if found:
            log.error("the database is damaged: %s", found)


def look_if_due(db: Database, settings: Settings, now: datetime) -> None:
    """For a process that ends soon: once a day, whichever process does it."""
    last = heartbeat.last_beat(db, LOOKED)
    if noted(settings.database) or last is None or not timedelta(0) <= now - last < LOOK_EVERY:
        look_once(settings)
        heartbeat.beat(db, LOOKED, os.getpid(), now)
