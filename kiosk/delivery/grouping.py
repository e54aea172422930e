"""Grouping: the sending thread has digests made when they are due and can leave."""

import logging
import time

from kiosk.delivery.courier import Courier, connect, may_send, pause_for
from kiosk.discreet import traceback_of
from kiosk.errors import AuthenticationRefused, NotConfirmed, RelayUnavailable
from kiosk.store.outbox import digests

log = logging.getLogger(__name__)

GROUP_EVERY = 1.0  # seconds
GROUP_AGAIN = 300.0  # seconds after an internal error


def group_if_due(courier: Courier) -> None:
    """Only once the relay has greeted us: a digest holds what waits when it is made. Never raises for the grouping."""
    if courier.group is None or time.monotonic() < courier.group_at or not may_send(courier):
        return
    courier.group_at = time.monotonic() + GROUP_EVERY
    try:
        if digests.due(courier.db, courier.now()) and _has_connected(courier):
            courier.group(courier.db, courier.settings, courier.now(), courier.relay.largest)
    except NotConfirmed:
        raise
    except Exception as error:  # noqa: BLE001 - mails that leave alone must go on leaving
        courier.group_at = time.monotonic() + GROUP_AGAIN
        log.error("the digests could not be made\n%s", traceback_of(error))


def _has_connected(courier: Courier) -> bool:
    try:
        connect(courier)
    except (RelayUnavailable, AuthenticationRefused) as error:
        pause_for(courier, error, courier.now())
        return False
    return True
