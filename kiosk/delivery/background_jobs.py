"""Background jobs: run once a second beside the deliveries; a failure does not stop the others."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from kiosk.config import Settings
from kiosk.discreet import traceback_of
from kiosk.store.base.connection import Database
from kiosk.store.base.damage import damage_noted

log = logging.getLogger(__name__)

# Called every second, in the thread of heartbeat and eraser: must return within milliseconds. A job that hangs stops
# the heartbeat, which turns the health red.
BackgroundJob = Callable[[Database, Settings, datetime], None]


class BackgroundJobs:
    def __init__(self, jobs: Sequence[BackgroundJob], settings: Settings) -> None:
        self._jobs = jobs
        self._settings = settings
        self._told: set[str] = set()

    def take_turns(self, db: Database, now: datetime) -> None:
        """Never raises: each distinct failure is logged once, and the job is tried again next time."""
        for job in self._jobs:
            try:
                with damage_noted(self._settings.database):
                    job(db, self._settings, now)
            except Exception as error:  # noqa: BLE001 - must stop neither the other jobs nor the deliveries
                self._tell(job, error)

    def _tell(self, job: BackgroundJob, error: Exception) -> None:
        failure = f"the job {getattr(job, '__name__', 'without a name')} failed\n{traceback_of(error)}"
        if failure not in self._told:
            self._told.add(failure)
            log.error("%s", failure)
