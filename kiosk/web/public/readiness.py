"""Readiness, shown before a contractor types: can a report be stored, and do mails leave at once?"""

import logging
import os
from enum import StrEnum

from flask import Flask

from kiosk import clock
from kiosk.domain.troubles.running import (
    DATABASE,
    FORWARDER,
    HELD,
    LATE,
    RELAY_DOWN,
    RELAY_NONE,
    RELAY_REFUSED,
    RELAY_SILENT,
)
from kiosk.errors import StoreError
from kiosk.store.watch.health import Pulse, pulse
from kiosk.web.shared.context import current_settings, database

log = logging.getLogger(__name__)

NO_RELAY = {RELAY_NONE, RELAY_DOWN, RELAY_REFUSED}
NOTHING_LEAVES = NO_RELAY | {FORWARDER}
SOME_WAIT = NOTHING_LEAVES | {LATE, HELD, RELAY_SILENT}


def install(app: Flask) -> None:
    app.jinja_env.globals["is_out_of_service"] = is_out_of_service


class Readiness(StrEnum):
    READY = "ready"
    WAITING = "waiting"
    CANNOT_SAVE = "cannot_save"  # no room, read-only disk, damaged database: templates/public/not_saved.html


def readiness() -> Readiness:
    """``CANNOT_SAVE`` only warns: a report that is sent all the same is stored if possible."""
    if not _writable():
        return Readiness.CANNOT_SAVE
    try:
        found = _pulse()
    except StoreError:
        log.exception("the database cannot be opened")
        return Readiness.CANNOT_SAVE
    troubles = set(found.troubles)
    if DATABASE in troubles or not found.disk.reports:
        return Readiness.CANNOT_SAVE
    return Readiness.WAITING if troubles & SOME_WAIT else Readiness.READY


def is_out_of_service() -> bool:
    return readiness() is Readiness.CANNOT_SAVE


def nothing_leaves() -> bool:
    """A known trouble: no relay takes mail, or the forwarder is down."""
    return not NOTHING_LEAVES.isdisjoint(_pulse().troubles)


def _pulse() -> Pulse:
    return pulse(database(), current_settings(), clock.now())


def _writable() -> bool:
    """False also for a disk remounted read-only after an error, which can still be read."""
    settings = current_settings()
    return all(os.access(path, os.W_OK) for path in (settings.instance, settings.database))
