"""In-memory store of signed-in members' private keys; an entry expires with its session.

Grants are read from the database each time, so a new or withdrawn grant takes effect at once.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import Flask, current_app

from kiosk import clock

EXTENSION = "kiosk_ring"
NO_SESSION_YET = 0  # the second step of the sign-in is still to come
SWEPT_EVERY = 60.0  # seconds; keys must expire without requests too


@dataclass(frozen=True, slots=True, repr=False)
class HeldKey:
    """``member`` and ``session``: ids. Expires at ``until`` if unused, at ``ends_at`` in any case.

    ``shared_at``: last look for waiting readers.
    """

    member: int
    session: int
    pair: X25519PrivateKey
    ends_at: datetime
    until: datetime
    shared_at: datetime | None = None


class UnlockedKeys:
    """Keyed by the digest of the session id. Thread-safe."""

    def __init__(self) -> None:
        self._held: dict[bytes, HeldKey] = {}
        self._lock = threading.Lock()
        self._sweeper: threading.Timer | None = None

    def hold(self, session: bytes, held: HeldKey) -> None:
        with self._lock:
            self._held[session] = held
            self._sweep_later()

    def get(self, session: bytes, now: datetime) -> HeldKey | None:
        with self._lock:
            self._forget(lambda held: now >= min(held.until, held.ends_at))
            return self._held.get(session)

    def keep(self, session: bytes, until: datetime) -> None:
        with self._lock:
            if held := self._held.get(session):
                self._held[session] = replace(held, until=until)

    def may_share(self, session: bytes, now: datetime, pause: timedelta) -> bool:
        """True at most once per ``pause``."""
        with self._lock:
            held = self._held.get(session)
            if held is None or (held.shared_at and abs(now - held.shared_at) < pause):
                return False
            self._held[session] = replace(held, shared_at=now)
            return True

    def forget(self, session: bytes) -> None:
        with self._lock:
            self._held.pop(session, None)

    def take(self, session: bytes, now: datetime) -> HeldKey | None:
        """Get and forget."""
        held = self.get(session, now)
        self.forget(session)
        return held

    def forget_other_sessions(self, member: int, alive: Collection[int]) -> None:
        with self._lock:
            self._forget(lambda held: held.member == member and held.session not in {*alive, NO_SESSION_YET})

    def forget_session(self, number: int) -> None:
        with self._lock:
            self._forget(lambda held: held.session == number)

    def forget_member(self, number: int) -> None:
        with self._lock:
            self._forget(lambda held: held.member == number)

    def sweep(self) -> None:
        now = clock.now()
        with self._lock:
            self._forget(lambda held: now >= min(held.until, held.ends_at))
            self._sweeper = None
            if self._held:
                self._sweep_later()

    def _forget(self, is_over: Callable[[HeldKey], bool]) -> None:
        for session in [session for session, held in self._held.items() if is_over(held)]:
            del self._held[session]

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = threading.Timer(SWEPT_EVERY, self.sweep)
            self._sweeper.daemon = True
            self._sweeper.start()


def install(app: Flask) -> None:
    app.extensions[EXTENSION] = UnlockedKeys()


def of_app() -> UnlockedKeys:
    keys: UnlockedKeys = current_app.extensions[EXTENSION]
    return keys
