"""Transmission progress of a report, for the polled line. Claims no more than is known."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kiosk.store.reports.submissions import ToldAudience, Transmission

# An idle relay takes a mail in well under a second; after this the network is at fault.
PATIENCE = timedelta(seconds=10)


class Step(StrEnum):
    SENDING = "sending"
    WAITING = "waiting"
    PARTLY = "partly"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Progress:
    received_at: datetime
    transmitted_at: datetime | None
    waiting: tuple[ToldAudience, ...]
    step: Step


def progress_of(found: Transmission | None, now: datetime, nothing_leaves: Callable[[], bool]) -> Progress | None:
    """``nothing_leaves`` is called only for an untransmitted report younger than PATIENCE."""
    if found is None:
        return None
    step = _step(found, now, nothing_leaves)
    return Progress(found.received_at, found.transmitted_at, found.waiting, step)


def _step(found: Transmission, now: datetime, nothing_leaves: Callable[[], bool]) -> Step:
    if found.transmitted_at:
        return Step.PARTLY if found.waiting else Step.SENT
    on_its_way = now - found.received_at < PATIENCE and not nothing_leaves()
    return Step.SENDING if on_its_way else Step.WAITING
