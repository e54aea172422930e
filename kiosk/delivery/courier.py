"""State of a sending thread, and what it does with its relay besides sending."""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kiosk.config import Settings
from kiosk.delivery.backoff import RELAY_LONGEST_WAIT, relay_backoff
from kiosk.delivery.relay import Relay
from kiosk.errors import AuthenticationRefused, NotConfirmed, RelayUnavailable
from kiosk.store.base.connection import Database
from kiosk.store.outbox.claims import Claim, NextDelivery, Turn
from kiosk.store.outbox.relay import relay_answered, relay_failed, relay_state

log = logging.getLogger(__name__)

INSIST_PAUSE = 1.0  # seconds between tries to record an outcome
AUTHENTICATION_PAUSE = timedelta(minutes=15)  # long enough that a wrong password does not lock the account
LONGEST_PAUSE = max(AUTHENTICATION_PAUSE, RELAY_LONGEST_WAIT)

# What is due, made into digests; the last value: bytes that the relay takes in one mail.
Group = Callable[[Database, Settings, datetime, int], None]


class Stop(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


@dataclass(slots=True)
class Courier:
    """State of the sending thread. ``claim``: made with the last commit, not begun.

    ``ahead``: the next delivery, unclaimed, found at ``looked_at`` (monotonic). ``sent``: ids of bodies that have left.
    ``group``: makes the digests that are due, not before ``group_at``.
    ``reread``: the settings as they are now, for an address that the database and these settings tell differently.
    ``relieved``: another thread takes the next mails.
    """

    db: Database
    settings: Settings
    relay: Relay
    now: Callable[[], datetime]
    stop: Stop
    claim: Claim | None = None
    ahead: NextDelivery | None = None
    looked_at: float = 0.0
    sent: deque[int] = field(default_factory=deque)
    reread: Callable[[], Settings] | None = None
    group: Group | None = None
    group_at: float = -math.inf
    relieved: Stop = field(default_factory=threading.Event)
    turn: Turn = field(init=False)

    def __post_init__(self) -> None:
        self.turn = Turn(retries_first=True)


def connect(courier: Courier) -> None:
    if courier.relay.connected:
        return
    courier.relay.open()
    until = courier.relay.certificate_until
    insist(lambda: relay_answered(courier.db, courier.now(), certificate_until=until), courier.stop)


def may_send(courier: Courier) -> bool:
    return bool(courier.settings.smtp.host) and not _is_pausing(courier)


def _is_pausing(courier: Courier) -> bool:
    """Ignores a pause longer than any of ours (the clock jumped), and one after credentials corrected since."""
    state, now = relay_state(courier.db), courier.now()
    if state.state == "refused" and state.credentials and state.credentials != courier.relay.credentials:
        return False
    return now < state.next_try_at <= now + LONGEST_PAUSE


def pause_for(courier: Courier, error: RelayUnavailable | AuthenticationRefused, now: datetime) -> None:
    refused = isinstance(error, AuthenticationRefused)
    pause = AUTHENTICATION_PAUSE if refused else relay_backoff(relay_state(courier.db).failures + 1)
    state, used = "refused" if refused else "down", courier.relay.credentials
    relay_failed(courier.db, state=state, reply=error.reply, next_try_at=now + pause, now=now, credentials=used)


def insist(record: Callable[[], None], stop: Stop) -> None:
    """Record, however long the disk refuses. Nothing else is sent meanwhile, so nothing is sent twice.

    Gives up only at a stop: the open claim then marks the mail as ambiguous at the next start.
    """
    while True:
        try:
            return record()
        except NotConfirmed as error:
            log.error("the database confirmed nothing; trying again: %s", error)
            if stop.wait(INSIST_PAUSE):
                raise
