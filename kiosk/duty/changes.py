"""What two sides do to a report's chain: staff by their verbs, the background process by its steps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kiosk.duty.chain import Watch, due_at
from kiosk.store.events import SYSTEM, Event
from kiosk.store.outbox import NewDelivery
from kiosk.store.standing import Change, Standing, Value

TAKEN = ("taken_by", "taken_account", "taken_role", "taken_at", "eta_at", "acted_at")
CLOSED = ("closed_by", "closed_at", "outcome", "hidden_as")


def waiting(
    watch: Watch, after: Standing, *, events: Sequence[Event], mails: Sequence[NewDelivery] = (), **values: Value
) -> Change:
    """The next wait begins now: how the report stands afterwards, and when it is looked at again."""
    steps: dict[str, Value] = {
        "state": after.state,
        "step": after.step,
        "first_step": after.first_step,
        "cycle": after.cycle,
    }
    moments = {"anchor_at": after.anchor_at, "attend_at": due_at(watch, after)}
    return Change(values={**steps, **moments, **values}, events=events, mails=mails)


def begin_anew(watch: Watch, report: Standing, *, events: Sequence[Event], mails: Sequence[NewDelivery]) -> Change:
    """Open as on the first day; who had taken or closed it stands in the trace."""
    first = watch.first_step(report)
    again = replace(report, state="open", cycle=report.cycle + 1, first_step=first, step=first, anchor_at=watch.now)
    forgotten: dict[str, Value] = dict.fromkeys((*TAKEN, *CLOSED))
    return waiting(watch, again, events=events, mails=mails, **forgotten)


def event(action: str, report: Standing, *, actor: str = SYSTEM, **detail: Any) -> Event:  # noqa: ANN401 - JSON
    return Event(action=action, actor=actor, reference=report.reference, detail={"cycle": report.cycle, **detail})
