"""Takes the text of delivered mails out of the database and out of its log, within two seconds of their 250.

The sending thread only notes what has left: erased one by one within its commits, the texts would be half of what those
write. What a crash left is found at the start.
"""

import os
from collections import deque
from datetime import datetime

from kiosk.store.base import heartbeat
from kiosk.store.base.connection import Database, lengthen_wal, truncate_wal
from kiosk.store.outbox import deliveries

BATCH = 50  # texts erased in one commit: some milliseconds in which nobody else writes
LEAST_ROOM, MOST_ROOM = 1024 * 1024, 4 * 1024 * 1024  # bytes of a new log: for some reports, or for many marks
ROOM_OF_A_MARK = 32 * 1024  # bytes that the record of one mail takes there


class Eraser:
    """``sent``: numbers of deliveries that left, noted by another thread. Every verb may raise NotConfirmed."""

    def __init__(self, db: Database, sent: deque[int], heartbeat: str) -> None:
        self._db = db
        self._sent = sent
        self._heartbeat = heartbeat
        self._left = deliveries.bodies_left(db)
        self._log_holds_text = True  # nobody knows what the one before left there

    def erase(self, now: datetime) -> None:
        """What could not be erased, or is still read by somebody in the log, is left for the next turn."""
        while self._sent:
            self._left.append(self._sent.popleft())
        while self._left:
            deliveries.erase_bodies(self._db, self._left[:BATCH])
            del self._left[:BATCH]
            self._log_holds_text = True
        if self._log_holds_text and truncate_wal(self._db):
            self._log_holds_text = False
            lengthen_wal(self._db, min(max(deliveries.count_waiting(self._db) * ROOM_OF_A_MARK, LEAST_ROOM), MOST_ROOM))
            # The first commit in a new log costs one sync more: not one that somebody waits for.
            heartbeat.beat(self._db, self._heartbeat, os.getpid(), now)
