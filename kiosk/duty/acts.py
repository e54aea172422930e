"""Actions of staff on a report: acknowledge, take over, close, hide, reopen, note.

Each is one commit; of two members who do the same, the first wins. Taking a report tells the audiences that were told
of it, unless it is to be taken again before a relay takes that mail. Taking or ending it cancels queued mails that ask
for an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk import clock
from kiosk.config import Settings
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
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import notes, report_status
from kiosk.store.reports.notes import NewNote, Note
from kiosk.store.reports.report_status import Change, ReportStatus, Value
from kiosk.store.trace.events import Event

REPEATED = "report_repeated"
WAS_TOLD = "ce signalement vous avait été transmis"


@dataclass(frozen=True, slots=True)
class Acted:
    """``done`` is False when the status did not allow the action. ``report``: the status now."""

    done: bool
    report: ReportStatus


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


@dataclass(frozen=True, slots=True)
class Repeated:
    """The report that a duplicate repeats."""

    id: int
    reference: str


Decide = Callable[[Scene, ReportStatus], Change | None]


def acknowledge(db: Database, settings: Settings, reference: str, *, actor: Actor, eta: Eta, now: datetime) -> Acted:
    """Take an open report. Not done when it is taken or closed already."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return decide_to_take(scene, report, eta)

    return _act(db, settings, reference, actor, now, decide)


def take_over(db: Database, settings: Settings, reference: str, *, actor: Actor, eta: Eta, now: datetime) -> Acted:
    """Take a report from another member, or extend one's own time. Not done when it is closed."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        if report.state == ReportState.CLOSED:
            return None
        own = report.taken_account == actor.name
        reason = Reason.TAKEN if report.state == ReportState.OPEN else Reason.PUT_OFF if own else Reason.TAKEN_OVER
        return _take(scene, report, eta, "report_taken_over", reason)

    return _act(db, settings, reference, actor, now, decide)


def close(
    db: Database,
    settings: Settings,
    reference: str,
    *,
    actor: Actor,
    outcome: Outcome,
    now: datetime,
    note_text: str = "",
    repeats: Repeated | None = None,
) -> Acted:
    """Not done when it is closed already. Closing an open report tells the audiences told of it.

    ``repeats``: of a duplicate. The note is written in the same commit, or else alone: its words are kept even when
    somebody was faster.
    """

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        ended = decide_to_close(scene, report, outcome, repeats)
        return ended and replace(ended, note=new_note(note_text, actor))

    closed = _act(db, settings, reference, actor, now, decide)
    if not closed.done and note_text.strip():
        note(db, reference, note_text, actor=actor, now=now)
    return closed


def mark(
    db: Database, settings: Settings, reference: str, *, actor: Actor, hidden_as: HiddenAs, now: datetime
) -> Acted:
    """Hide a report as test or spam; nothing is deleted. Not done when it is hidden already."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return decide_to_hide(scene, report, hidden_as)

    return _act(db, settings, reference, actor, now, decide)


def reopen(db: Database, settings: Settings, reference: str, *, actor: Actor, now: datetime) -> Acted:
    """Tell those on duty and restart the chain. Not done unless the report is closed and not hidden."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        wanted = report.state == ReportState.CLOSED and not report.hidden_as
        return _open_again(scene, report, "report_reopened") if wanted else None

    return _act(db, settings, reference, actor, now, decide)


def unmark(db: Database, settings: Settings, reference: str, *, actor: Actor, now: datetime) -> Acted:
    """Show a hidden report again, as open. Not done when it is not hidden."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return _open_again(scene, report, "report_unmarked") if report.hidden_as else None

    return _act(db, settings, reference, actor, now, decide)


def _act(db: Database, settings: Settings, reference: str, actor: Actor, now: datetime, decide: Decide) -> Acted:
    """Decide on the stored status; decide again when it has changed meanwhile. Raises UnknownReport."""
    scene = Scene(db, Watch.at(db, settings, now), actor)
    while True:
        report = report_status.get(db, reference)
        change = decide(scene, report)
        if change is None:
            return Acted(False, report)
        if report_status.change(db, report, change, now):
            if change.mails:
                wakeup.wake(settings.instance)
            return Acted(True, report_status.get(db, reference))


def decide_to_take(scene: Scene, report: ReportStatus, eta: Eta) -> Change | None:
    fits = report.state == ReportState.OPEN
    return _take(scene, report, eta, "report_acknowledged", Reason.TAKEN) if fits else None


def decide_to_close(
    scene: Scene, report: ReportStatus, outcome: Outcome, repeats: Repeated | None = None
) -> Change | None:
    if report.state == ReportState.CLOSED:
        return None
    return _end(scene, report, "report_closed", Reason.CLOSED, repeats, outcome=outcome)


def decide_to_hide(scene: Scene, report: ReportStatus, hidden_as: HiddenAs) -> Change | None:
    return None if report.hidden_as else _end(scene, report, "report_marked", Reason.HIDDEN, hidden_as=hidden_as)


def _take(scene: Scene, report: ReportStatus, eta: Eta, action: str, reason: Reason) -> Change:
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
    """Only the end of an open report is told: for a taken one, the audiences had their answer."""
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
    mails = scene.tell(report, told, ended) if report.state == ReportState.OPEN else []
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


def _open_again(scene: Scene, report: ReportStatus, action: str) -> Change:
    watch = scene.watch
    on_duty = [(audience, ON_DUTY) for audience in watch.in_line(report, watch.first_step(report))]
    opened = Occasion(Purpose.ESCALATION, Reason.REOPENED, OnlyWhile.OPEN, actor=scene.actor.display_name)
    mails = notices.write(scene.db, watch, report, opened, on_duty)
    done = event(action, report, actor=scene.actor.name, audiences=[audience.id for audience, _ in on_duty])
    return begin_anew(watch, report, events=[done], mails=mails)


def note(db: Database, reference: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Raises ValueError for an empty note, UnknownReport and NotConfirmed."""
    new = new_note(text, actor)
    if new is None:
        raise ValueError("an empty note")
    noted = Change(values={"acted_at": now}, note=new)
    while not report_status.change(db, report_status.get(db, reference), noted, now):
        continue


def new_note(text: str, actor: Actor) -> NewNote | None:
    return NewNote(text.strip(), actor.name, actor.display_name) if text.strip() else None


def notes_of(db: Database, reference: str, key_of: KeyOf) -> Sequence[Note]:
    """Oldest first. Raises UnknownReport, and StoreError when a key is not available."""
    return notes.of_report(db, report_status.get(db, reference).id, key_of)
