"""What else is done once a second beside the deliveries: each job on its own, so that none stops another."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from kiosk.config import Settings
from kiosk.discreet import traceback_of
from kiosk.store.base.connection import Database

log = logging.getLogger(__name__)

# Asked every second whether there is anything to do, in the thread of the heartbeat and of the erasing: it answers
# within some milliseconds. One that hangs silences the heartbeat, and so turns the health red.
BackgroundJob = Callable[[Database, Settings, datetime], None]


class BackgroundJobs:
    def __init__(self, jobs: Sequence[BackgroundJob], settings: Settings) -> None:
        self._jobs = jobs
        self._settings = settings
        self._told: set[str] = set()

    def take_turns(self, db: Database, now: datetime) -> None:
        """Never raises: what goes wrong is logged, once for each distinct failure, and tried again at the next turn."""
        for job in self._jobs:
            try:
                job(db, self._settings, now)
            except Exception as error:  # noqa: BLE001 - neither the other jobs nor the deliveries may end with it
                self._tell(job, error)

    def _tell(self, job: BackgroundJob, error: Exception) -> None:
        failure = f"the job {getattr(job, '__name__', 'without a name')} failed\n{traceback_of(error)}"
        if failure not in self._told:
            self._told.add(failure)
            log.error("%s", failure)
