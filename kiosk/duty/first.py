"""Who is told of a new report, and when the background process has to look whether anybody has answered."""

from dataclasses import dataclass
from datetime import datetime

from kiosk.config import Audience, Settings
from kiosk.domain.severity import Severity
from kiosk.duty.audiences import recipients
from kiosk.duty.chain import DEPUTY_STEP, Watch
from kiosk.store.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """What decides who is told of a report that comes in."""

    site: str
    kind: str
    severity: Severity
    personal_data_excluded: bool
    received_at: datetime
    demo: bool


@dataclass(frozen=True, slots=True)
class First:
    """``told``: with or without an address. ``attend_at``: never too late; None is at once."""

    told: tuple[Audience, ...]
    step: int
    attend_at: datetime | None


def first_told(db: Database, settings: Settings, new: New) -> First:
    """The deputy too while no manager can be told."""
    watch = Watch.at(db, settings, new.received_at)
    step = watch.first_step(new)
    told = recipients(
        settings.audiences, site=new.site, kind=new.kind, personal_data_excluded=new.personal_data_excluded
    )
    stand_in = watch.in_line(new, DEPUTY_STEP) if step == DEPUTY_STEP else ()
    told += tuple(audience for audience in stand_in if audience not in told)
    if watch.away:
        return First(told, step, None)
    # Business hours take at least as long as the clock: whoever looks then reckons with them.
    return First(told, step, new.received_at + settings.duty.acknowledge.of(new.severity))
