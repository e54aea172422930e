"""Erasure of delivered mails from the database and its WAL, within two seconds of their 250.

The sending thread only notes what it sent: erasing in its own commits would double what they write. A new Eraser also
finds what a crash left.
"""

import os
from collections import deque
from datetime import datetime

from kiosk.store.base import heartbeat
from kiosk.store.base.connection import Database, lengthen_wal, truncate_wal
from kiosk.store.outbox import deliveries

BATCH = 50  # bodies in one commit: blocks writers for some milliseconds
LEAST_ROOM, MOST_ROOM = 1024 * 1024, 4 * 1024 * 1024  # bytes of a new WAL: for some reports, or many sent mails
ROOM_OF_A_MARK = 32 * 1024  # bytes of WAL for the record of one mail


class Eraser:
    """``sent``: delivery ids, added by another thread. May raise NotConfirmed."""

    def __init__(self, db: Database, sent: deque[int], heartbeat: str) -> None:
        self._db = db
        self._sent = sent
        self._heartbeat = heartbeat
        self._left = deliveries.bodies_left(db)
        self._log_holds_text = True  # unknown after a restart

    def erase(self, now: datetime) -> None:
        """Erase what is due. A failure, or a reader of the WAL, leaves the rest to the next call."""
        while self._sent:
            self._left.append(self._sent.popleft())
        while self._left:
            deliveries.erase_bodies(self._db, self._left[:BATCH])
            del self._left[:BATCH]
            self._log_holds_text = True
        if self._log_holds_text and truncate_wal(self._db):
            self._log_holds_text = False
            lengthen_wal(self._db, min(max(deliveries.count_waiting(self._db) * ROOM_OF_A_MARK, LEAST_ROOM), MOST_ROOM))
            # The first commit in a new WAL costs an extra sync: pay for it here.
            heartbeat.beat(self._db, self._heartbeat, os.getpid(), now)
