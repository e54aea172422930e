"""Erasure of delivered mails from the database and its WAL, within two seconds of their 250.

The sending thread only notes what it sent: erasing in its own commits would double what they write. A new Eraser also
finds what a crash left.
"""

from collections import deque

from kiosk.store.base.connection import Database
from kiosk.store.keeping.erasure import clean_log
from kiosk.store.outbox import bodies

BATCH = 50  # bodies in one commit: blocks writers for some milliseconds


class Eraser:
    """``sent``: ids of bodies that left, added by another thread. May raise NotConfirmed."""

    def __init__(self, db: Database, sent: deque[int]) -> None:
        self._db = db
        self._sent = sent
        self._left = bodies.left(db)
        self._log_is_known = False  # a crash may have left text in the WAL

    def erase(self) -> None:
        """Erase what is due. A failure, or a reader of the WAL, leaves the rest to the next call."""
        while self._sent:
            self._left.append(self._sent.popleft())
        while self._left:
            bodies.erase(self._db, self._left[:BATCH])
            del self._left[:BATCH]
        self._log_is_known |= clean_log(self._db, surely=not self._log_is_known)
