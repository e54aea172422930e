"""Copies that were made before a migration hold what has been erased since: they go when their own time has come."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.config import Settings
from kiosk.store.base.connection import Database
from kiosk.store.instance import backup
from kiosk.store.keeping import announcements
from kiosk.store.trace.events import SYSTEM

log = logging.getLogger(__name__)

LOOK_AT = timedelta(minutes=1)  # of each hour: a look into the folder is cheap, sixty in it are not needed


def drop_old_backups(db: Database, settings: Settings, now: datetime) -> None:
    """In the first minute of an hour, and only when the clock can be believed."""
    if timedelta(minutes=now.minute) < LOOK_AT and old_backups(settings, now):
        outlook = announcements.outlook(db)
        if outlook.steady and not outlook.jumped(now):
            remove_old_backups(db, settings, now)


def old_backups(settings: Settings, now: datetime) -> list[Path]:
    """Files of that folder alone, by their suffix and by when they were written."""
    limit = (now - timedelta(days=settings.retention.backups_days)).timestamp()
    try:
        found = sorted(backup.folder_of(settings).glob(f"*{backup.SUFFIX}"))
        return [path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_mtime < limit]
    except OSError as error:
        log.error("the folder of backups cannot be read: %s", error.strerror)
        return []


def remove_old_backups(db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM) -> int:
    """How many went; one that cannot be removed is logged, and tried again at the next look."""
    removed = 0
    for path in old_backups(settings, now):
        try:
            path.unlink()
            removed += 1
        except OSError as error:
            log.error("an old backup cannot be removed: %s", error.strerror)
    if removed:
        announcements.record_backups_removed(db, removed, who=who, now=now)
    return removed
