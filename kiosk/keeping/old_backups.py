"""Old backups: deletes the copies made before a migration.

They still hold what was erased since, so they have a retention time of their own.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.config import Settings
from kiosk.store.base.connection import Database
from kiosk.store.base.overwrite import remove
from kiosk.store.instance import backup
from kiosk.store.keeping import announcements
from kiosk.store.trace.events import SYSTEM

log = logging.getLogger(__name__)

LOOK_AT = timedelta(minutes=1)  # of each hour: more looks are needless


def drop_old_backups(db: Database, settings: Settings, now: datetime) -> None:
    """Works in the first minute of an hour, and only while the clock can be trusted."""
    if timedelta(minutes=now.minute) < LOOK_AT and old_backups(settings, now):
        outlook = announcements.outlook(db)
        if outlook.steady and not outlook.jumped(now):
            remove_old_backups(db, settings, now)


def old_backups(settings: Settings, now: datetime) -> list[Path]:
    """Files of that folder only, by suffix and modification time."""
    limit = (now - timedelta(days=settings.retention.backups_days)).timestamp()
    try:
        found = sorted(backup.folder_of(settings).glob(f"*{backup.SUFFIX}"))
        return [path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_mtime < limit]
    except OSError as error:
        log.error("the folder of backups cannot be read: %s", error.strerror)
        return []


def remove_old_backups(db: Database, settings: Settings, now: datetime, *, who: str = SYSTEM) -> int:
    """Returns the number removed. A failure is logged and tried again at the next look."""
    removed = 0
    for path in old_backups(settings, now):
        try:
            remove(path)
            removed += 1
        except OSError as error:
            log.error("an old backup cannot be removed: %s", error.strerror)
    if removed:
        announcements.record_backups_removed(db, removed, who=who, now=now)
    return removed
