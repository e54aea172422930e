"""Decisions of staff on a report: what taking, ending or reopening it changes, and whom that is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk import clock
from kiosk.domain.handling import Eta, HiddenAs, Outcome, ReportState
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.domain.roles import Actor
from kiosk.duty import notices
from kiosk.duty.calendar import calendar_of, eta_at
from kiosk.duty.chain import Watch, begin_anew, event, waiting
from kiosk.duty.escalation import ON_DUTY
from kiosk.duty.notices import Occasion
from kiosk.mail.thread.notice import Reason
from kiosk.store.base.connection import Database
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import report_status
from kiosk.store.reports.repetitions import may_repeat
from kiosk.store.reports.report_status import Change, ReportStatus, Value
from kiosk.store.trace.events import Event

REPEATED = "report_repeated"
WAS_TOLD = "ce signalement vous avait été transmis"


@dataclass(frozen=True, slots=True)
class Scene:
    db: Database
    watch: Watch
    actor: Actor

    @property
    def now(self) -> datetime:
        return self.watch.now

    def tell(self, report: ReportStatus, told: frozenset[str], occasion: Occasion) -> list[NewDelivery]:
        to = [(audience, WAS_TOLD) for audience in notices.known(self.watch.settings, told)]
        return notices.write(self.db, self.watch, report, occasion, to)

    def tell_end(self, report: ReportStatus, told: frozenset[str], occasion: Occasion) -> list[NewDelivery]:
        """Only the end of an open report is told: for a taken one, the audiences had their answer."""
        return self.tell(report, told, occasion) if report.state == ReportState.OPEN else []


@dataclass(frozen=True, slots=True)
class Repeated:
    """The report that a duplicate repeats."""

    id: int
    reference: str


Decide = Callable[[Scene, ReportStatus], Change | None]


def decide_to_take(scene: Scene, report: ReportStatus, eta: Eta) -> Change | None:
    fits = report.state == ReportState.OPEN
    return take(scene, report, eta, "report_acknowledged", Reason.TAKEN) if fits else None


def decide_to_close(
    scene: Scene, report: ReportStatus, outcome: Outcome, repeats: Repeated | None = None
) -> Change | None:
    """None too when it may not repeat that report: somebody hid or closed that one meanwhile."""
    if report.state == ReportState.CLOSED or (repeats and not may_repeat(scene.db, report.id, repeats.id)):
        return None
    return _end(scene, report, "report_closed", Reason.CLOSED, repeats, outcome=outcome)


def decide_to_hide(scene: Scene, report: ReportStatus, hidden_as: HiddenAs) -> Change | None:
    return None if report.hidden_as else _end(scene, report, "report_marked", Reason.HIDDEN, hidden_as=hidden_as)


def take(scene: Scene, report: ReportStatus, eta: Eta, action: str, reason: Reason) -> Change:
    told = report_status.told(scene.db, report.id)
    promised = eta_at(calendar_of(scene.watch.settings, report.site), eta, scene.now)
    actor = scene.actor
    taken: dict[str, Value] = {
        "taken_by": actor.display_name,
        "taken_account": actor.name,
        "taken_role": actor.role,
        "taken_at": scene.now,
        "eta_at": promised,
        "acted_at": None,
    }
    after = replace(report, state=ReportState.ACKNOWLEDGED, step=0, anchor_at=scene.now, **taken)  # type: ignore[arg-type]
    before = report.taken_by or ""
    told_so = Occasion(
        Purpose.TAKEN, reason, OnlyWhile.HANDLED, actor=actor.display_name, before=before, eta_at=promised
    )
    mails = scene.tell(report, told, told_so)
    detail = {"eta": eta.value, "eta_at": clock.to_text(promised)}
    done = event(action, report, actor=actor.name, **detail)
    return replace(waiting(scene.watch, after, events=[done], mails=mails, **taken), told=told, answers=True)


def _end(
    scene: Scene, report: ReportStatus, action: str, reason: Reason, repeats: Repeated | None = None, **how: str
) -> Change:
    told = report_status.told(scene.db, report.id)
    outcome, repeated = next(iter(how.values())), repeats.reference if repeats else ""
    ended = Occasion(
        Purpose.TAKEN,
        reason,
        OnlyWhile.HANDLED,
        actor=scene.actor.display_name,
        outcome=outcome,
        repeats=repeated,
    )
    mails = scene.tell_end(report, told, ended)
    values: dict[str, Value] = {
        "outcome": None,
        "hidden_as": None,
        "repeats": repeats.id if repeats else None,
        **how,
        "closed_by": scene.actor.display_name,
        "closed_at": scene.now,
    }
    after = replace(report, state=ReportState.CLOSED, anchor_at=scene.now)
    events = [event(action, report, actor=scene.actor.name, **how, **({"repeats": repeated} if repeats else {}))]
    if repeats:
        by = {"by": [report.reference]}
        events.append(Event(action=REPEATED, actor=scene.actor.name, reference=repeated, detail=by))
    return replace(waiting(scene.watch, after, events=events, mails=mails, **values), told=told, answers=True)


def open_again(scene: Scene, report: ReportStatus, action: str) -> Change:
    watch = scene.watch
    on_duty = [(audience, ON_DUTY) for audience in watch.in_line(report, watch.first_step(report))]
    opened = Occasion(Purpose.ESCALATION, Reason.REOPENED, OnlyWhile.OPEN, actor=scene.actor.display_name)
    mails = notices.write(scene.db, watch, report, opened, on_duty)
    done = event(action, report, actor=scene.actor.name, audiences=[audience.id for audience, _ in on_duty])
    return begin_anew(watch, report, events=[done], mails=mails)
