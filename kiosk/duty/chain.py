"""Manager, deputy, MSSI: when the next in line is told, reckoned from stored facts and the clock alone. Pure.

A wait is counted from the moment the last one was really told, so that after a stop, or a clock that jumped forward,
each step is taken once and in its order, with its own time to answer. A fact that lies in the future comes from a clock
that was corrected since: it counts for nothing, and the wait begins anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from kiosk.config import Audience, Role, Settings
from kiosk.domain.catalogue import Tristate
from kiosk.duty.audiences import recipients
from kiosk.duty.calendar import acknowledge_by, next_step_at
from kiosk.duty.presence import of_role, present
from kiosk.store.base.connection import Database
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports.report_status import Change, ReportStatus, Value
from kiosk.store.reports.submissions import NewReport
from kiosk.store.staff import absences
from kiosk.store.staff.absences import Absence
from kiosk.store.trace.events import SYSTEM, Event

MANAGER_STEP, DEPUTY_STEP, MSSI_STEP = range(3)
ROLES = (Role.MANAGER, Role.DEPUTY, Role.MSSI)
REMINDED = 1  # the step of an acknowledged report whose taker was reminded
SLACK = timedelta(minutes=5)  # two machines' clocks, or one that was put right by a little
TAKEN = ("taken_by", "taken_account", "taken_role", "taken_at", "eta_at", "acted_at")
CLOSED = ("closed_by", "closed_at", "outcome", "hidden_as")


class Concern(Protocol):
    """What decides who is in line."""

    @property
    def site(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """What is reckoned with: the settings, who is or will be away, and the moment."""

    settings: Settings
    away: Sequence[Absence]
    now: datetime

    @classmethod
    def at(cls, db: Database, settings: Settings, now: datetime) -> "Watch":
        return cls(settings, absences.not_over(db, now), now)

    def in_line(self, report: Concern, step: int, at: datetime | None = None) -> tuple[Audience, ...]:
        """Who is told at a step: present, and a mail can be made for them."""
        here = of_role(self.settings.audiences, ROLES[step], site=report.site, kind=report.kind)
        there = present(here, self.away, at or self.now)
        return tuple(audience for audience in there if audience.address)

    def first_step(self, report: Concern, at: datetime | None = None) -> int:
        """With whom a chain begins: the deputy while no manager can be told. The MSSI knows of every report anyway."""
        if not self.in_line(report, MANAGER_STEP, at) and self.in_line(report, DEPUTY_STEP, at):
            return DEPUTY_STEP
        return MANAGER_STEP

    def taker(self, report: ReportStatus) -> tuple[Audience, ...]:
        """The audience that whoever took the report belongs to; those on duty when they belong to none."""
        if report.taken_role not in ROLES:
            return self.in_line(report, self.first_step(report))
        audiences = of_role(self.settings.audiences, Role(report.taken_role), site=report.site)
        return tuple(audience for audience in audiences if audience.address)


def clock_was_corrected(watch: Watch, report: ReportStatus) -> bool:
    return report.anchor_at > watch.now + SLACK


def due_at(watch: Watch, report: ReportStatus) -> datetime | None:
    """When something has to happen unless somebody acts; None: nothing any more."""
    if report.state == "acknowledged":
        return _answer_due(watch, report)
    if report.state == "closed" or report.step == MSSI_STEP:
        return None
    late = late_at(watch, report)
    return min((late, *_gaps(watch, report))) if report.step == MANAGER_STEP else late


def late_at(watch: Watch, report: ReportStatus) -> datetime:
    """By when whoever was told last must have answered."""
    began = _latest(watch, report.received_at, report.anchor_at)
    if report.step == report.first_step:
        return acknowledge_by(watch.settings, site=report.site, severity=report.severity, received_at=began)
    return next_step_at(watch.settings, site=report.site, severity=report.severity, told_at=began)


def _gaps(watch: Watch, report: ReportStatus) -> Iterator[datetime]:
    """Moments from now on at which no manager can be told and a deputy can."""
    for moment in (watch.now, *(absence.starts_at for absence in watch.away if absence.starts_at > watch.now)):
        if watch.first_step(report, moment) == DEPUTY_STEP:
            yield moment


def _answer_due(watch: Watch, report: ReportStatus) -> datetime:
    """When the taker's own time is over; every act gives them the time of a step more."""
    taken_at, eta_at = report.taken_at or report.anchor_at, report.eta_at or report.anchor_at
    began = _latest(watch, taken_at, default=report.anchor_at)
    promised = began + (eta_at - taken_at)
    acts = [report.acted_at] if report.acted_at and report.acted_at > taken_at else []
    if report.step == REMINDED:
        acts.append(report.anchor_at)
    if not acts:
        return promised
    last = _latest(watch, began, *acts)
    return max(promised, next_step_at(watch.settings, site=report.site, severity=report.severity, told_at=last))


def _latest(watch: Watch, *facts: datetime, default: datetime | None = None) -> datetime:
    """Of those that are not in the future."""
    return max((fact for fact in facts if fact <= watch.now + SLACK), default=default or watch.now)


@dataclass(frozen=True, slots=True)
class First:
    """``told``: with or without an address. ``attend_at``: never too late; None is at once."""

    told: tuple[Audience, ...]
    step: int
    attend_at: datetime | None


def first_told(db: Database, settings: Settings, new: NewReport) -> First:
    """The deputy too while no manager can be told."""
    watch = Watch.at(db, settings, new.received_at)
    step = watch.first_step(new)
    excluded = new.personal_data == Tristate.NO
    told = recipients(settings.audiences, site=new.site, kind=new.kind, personal_data_excluded=excluded)
    stand_in = watch.in_line(new, DEPUTY_STEP) if step == DEPUTY_STEP else ()
    told += tuple(audience for audience in stand_in if audience not in told)
    if watch.away:
        return First(told, step, None)
    # Business hours take at least as long as the clock: whoever looks then reckons with them.
    return First(told, step, new.received_at + settings.duty.acknowledge.of(new.severity))


def waiting(
    watch: Watch, after: ReportStatus, *, events: Sequence[Event], mails: Sequence[NewDelivery] = (), **values: Value
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


def begin_anew(watch: Watch, report: ReportStatus, *, events: Sequence[Event], mails: Sequence[NewDelivery]) -> Change:
    """Open as on the first day; who had taken or closed it stands in the trace."""
    first = watch.first_step(report)
    again = replace(report, state="open", cycle=report.cycle + 1, first_step=first, step=first, anchor_at=watch.now)
    forgotten: dict[str, Value] = dict.fromkeys((*TAKEN, *CLOSED))
    return waiting(watch, again, events=events, mails=mails, **forgotten)


def event(action: str, report: ReportStatus, *, actor: str = SYSTEM, **detail: Any) -> Event:  # noqa: ANN401 - JSON
    return Event(action=action, actor=actor, reference=report.reference, detail={"cycle": report.cycle, **detail})
