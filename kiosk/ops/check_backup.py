"""What `kiosk check` says about backups."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kiosk.ops.problem import AMBER, Problem
from kiosk.store import backup
from kiosk.store.connection import Database

OLD = timedelta(days=8)


def backup_problems(db: Database, now: datetime) -> Iterator[Problem]:
    last = backup.last_written(db)
    if last is None:
        yield Problem(AMBER, "No backup has been made yet.", "kiosk backup FILE, on another disk, each night.")
    elif now - last > OLD:
        yield Problem(AMBER, f"The last backup is {(now - last).days} days old.", "kiosk backup FILE, each night.")
