"""Readiness, shown before a contractor types: can a report be stored, and do mails leave at once?"""

import logging
import os
from enum import StrEnum

from kiosk import clock
from kiosk.domain.troubles import Trouble
from kiosk.domain.troubles.running import (
    DATABASE,
    DISK,
    FORWARDER,
    HELD,
    LATE,
    RELAY_DOWN,
    RELAY_NONE,
    RELAY_REFUSED,
    RELAY_SILENT,
)
from kiosk.errors import StoreError
from kiosk.store.watch.health import pulse
from kiosk.web.shared.context import current_settings, database

log = logging.getLogger(__name__)

NO_RELAY = {RELAY_NONE, RELAY_DOWN, RELAY_REFUSED}
NOTHING_LEAVES = NO_RELAY | {FORWARDER}
SOME_WAIT = NOTHING_LEAVES | {LATE, HELD, RELAY_SILENT}


class Readiness(StrEnum):
    READY = "ready"
    WAITING = "waiting"
    CANNOT_SAVE = "cannot_save"  # disk full or read-only, database damaged: templates/public/not_saved.html


def readiness() -> Readiness:
    """``CANNOT_SAVE`` only warns: a report that is sent all the same is stored if possible."""
    if not _writable():
        return Readiness.CANNOT_SAVE
    try:
        troubles = _troubles()
    except StoreError:
        log.exception("the database cannot be opened")
        return Readiness.CANNOT_SAVE
    if troubles & {DISK, DATABASE}:
        return Readiness.CANNOT_SAVE
    return Readiness.WAITING if troubles & SOME_WAIT else Readiness.READY


def nothing_leaves() -> bool:
    """A known trouble: no relay takes mail, or the forwarder is down."""
    return bool(_troubles() & NOTHING_LEAVES)


def _troubles() -> set[Trouble]:
    return set(pulse(database(), current_settings(), clock.now()).troubles)


def _writable() -> bool:
    """False also for a disk remounted read-only after an error, which can still be read."""
    settings = current_settings()
    return all(os.access(path, os.W_OK) for path in (settings.instance, settings.database))
