"""Escalation chain (manager, deputy, MSSI): when the next one is told, computed from stored facts and the clock.

A wait starts when the last audience was really told. So after a stop, or a jump of the clock, each step is taken once,
in order, with its full time to answer. A fact in the future dates from before the clock was corrected: it is ignored
and the wait starts again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from kiosk.config import Audience, Role, Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import ReportState
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
REMINDED = 1  # step of an acknowledged report whose taker was reminded
SLACK = timedelta(minutes=5)  # tolerated clock difference
TAKEN = ("taken_by", "taken_account", "taken_role", "taken_at", "eta_at", "acted_at")
CLOSED = ("closed_by", "closed_at", "outcome", "hidden_as", "repeats")


class Concern(Protocol):
    @property
    def site(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """``away``: absences now and to come."""

    settings: Settings
    away: Sequence[Absence]
    now: datetime

    @classmethod
    def at(cls, db: Database, settings: Settings, now: datetime) -> "Watch":
        return cls(settings, absences.not_over(db, now), now)

    def in_line(self, report: Concern, step: int, at: datetime | None = None) -> tuple[Audience, ...]:
        """Audiences told at a step: present and with an address."""
        here = of_role(self.settings.audiences, ROLES[step], site=report.site, kind=report.kind)
        there = present(here, self.away, at or self.now)
        return tuple(audience for audience in there if audience.address)

    def first_step(self, report: Concern, at: datetime | None = None) -> int:
        """The deputy while no manager can be told. The MSSI is told of every report anyway."""
        if not self.in_line(report, MANAGER_STEP, at) and self.in_line(report, DEPUTY_STEP, at):
            return DEPUTY_STEP
        return MANAGER_STEP

    def taker(self, report: ReportStatus) -> tuple[Audience, ...]:
        """Audiences of the taker's role; those on duty if that role is not in the chain."""
        if report.taken_role not in ROLES:
            return self.in_line(report, self.first_step(report))
        audiences = of_role(self.settings.audiences, Role(report.taken_role), site=report.site)
        return tuple(audience for audience in audiences if audience.address)


def clock_was_corrected(watch: Watch, report: ReportStatus) -> bool:
    return report.anchor_at > watch.now + SLACK


def due_at(watch: Watch, report: ReportStatus) -> datetime | None:
    """Moment of the next step unless a member acts; None: there is none."""
    if report.state == ReportState.ACKNOWLEDGED:
        return _answer_due(watch, report)
    if report.state == ReportState.CLOSED or report.step == MSSI_STEP:
        return None
    late = late_at(watch, report)
    return min((late, *_gaps(watch, report))) if report.step == MANAGER_STEP else late


def late_at(watch: Watch, report: ReportStatus) -> datetime:
    """Deadline for those told last."""
    began = _latest(watch, report.received_at, report.anchor_at)
    if report.step == report.first_step:
        return acknowledge_by(watch.settings, site=report.site, severity=report.severity, received_at=began)
    return next_step_at(watch.settings, site=report.site, severity=report.severity, told_at=began)


def _gaps(watch: Watch, report: ReportStatus) -> Iterator[datetime]:
    """Moments from now on when no manager can be told but a deputy can."""
    for moment in (watch.now, *(absence.starts_at for absence in watch.away if absence.starts_at > watch.now)):
        if watch.first_step(report, moment) == DEPUTY_STEP:
            yield moment


def _answer_due(watch: Watch, report: ReportStatus) -> datetime:
    """The promised time, or the time of one step after the taker's last act or reminder, if that is later."""
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
    """Of the facts that are not in the future."""
    return max((fact for fact in facts if fact <= watch.now + SLACK), default=default or watch.now)


@dataclass(frozen=True, slots=True)
class First:
    """``told``: with or without an address. ``attend_at``: never too late; None: at once."""

    told: tuple[Audience, ...]
    step: int
    answer_due: datetime
    attend_at: datetime | None


def first_told(db: Database, settings: Settings, new: NewReport) -> First:
    """The deputy too while no manager can be told."""
    watch = Watch.at(db, settings, new.received_at)
    step = watch.first_step(new)
    excluded = new.personal_data == Tristate.NO
    told = recipients(settings.audiences, site=new.site, kind=new.kind, personal_data_excluded=excluded)
    stand_in = watch.in_line(new, DEPUTY_STEP) if step == DEPUTY_STEP else ()
    told += tuple(audience for audience in stand_in if audience not in told)
    due = acknowledge_by(settings, site=new.site, severity=new.severity, received_at=new.received_at)
    if watch.away:
        return First(told, step, due, None)
    # In business hours the deadline is never earlier than this; it is computed at that look.
    return First(told, step, due, new.received_at + settings.duty.acknowledge.of(new.severity))


def waiting(
    watch: Watch, after: ReportStatus, *, events: Sequence[Event], mails: Sequence[NewDelivery] = (), **values: Value
) -> Change:
    """Change to the status ``after``, with the moment of the next look."""
    steps: dict[str, Value] = {
        "state": after.state,
        "step": after.step,
        "first_step": after.first_step,
        "cycle": after.cycle,
    }
    moments = {"anchor_at": after.anchor_at, "attend_at": due_at(watch, after)}
    return Change(values={**steps, **moments, **values}, events=events, mails=mails)


def begin_anew(watch: Watch, report: ReportStatus, *, events: Sequence[Event], mails: Sequence[NewDelivery]) -> Change:
    """Change that opens the report and restarts its chain. Only the trace keeps who had taken or closed it."""
    first = watch.first_step(report)
    again = replace(
        report, state=ReportState.OPEN, cycle=report.cycle + 1, first_step=first, step=first, anchor_at=watch.now
    )
    forgotten: dict[str, Value] = dict.fromkeys((*TAKEN, *CLOSED))
    return waiting(watch, again, events=events, mails=mails, **forgotten)


def event(action: str, report: ReportStatus, *, actor: str = SYSTEM, **detail: Any) -> Event:  # noqa: ANN401 - JSON
    return Event(action=action, actor=actor, reference=report.reference, detail={"cycle": report.cycle, **detail})
