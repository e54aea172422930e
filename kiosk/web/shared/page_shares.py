"""Quota of each client for one-time pages, in memory: a flood of one client leaves room for all others."""

import threading
import time
from collections import Counter, deque

from kiosk.domain.one_time import LIFETIME

Kept = tuple[float, str, int]  # when it is over (monotonic), client, bytes


class PageShares:
    def __init__(self, most: int) -> None:
        """``most``: bytes of one client's pages, of the last two minutes together."""
        self._most = most
        self._lock = threading.Lock()
        self._kept: deque[Kept] = deque()
        self._held: Counter[str] = Counter()
        self._quiet_until = 0.0

    def take(self, client: str, size: int) -> bool:
        """False if the client would have more than its share."""
        with self._lock:
            self._forget_what_is_over()
            if self._held[client] + size > self._most:
                return False
            self._held[client] += size
            self._kept.append((time.monotonic() + LIFETIME.total_seconds(), client, size))
            return True

    def is_worth_a_line(self) -> bool:
        """Once in two minutes: a flood must not fill the log."""
        with self._lock:
            now = time.monotonic()
            if now < self._quiet_until:
                return False
            self._quiet_until = now + LIFETIME.total_seconds()
            return True

    def _forget_what_is_over(self) -> None:
        while self._kept and self._kept[0][0] <= time.monotonic():
            _, client, size = self._kept.popleft()
            self._held[client] -= size
            if not self._held[client]:
                del self._held[client]
