"""Actions of staff on a report: acknowledge, take over, close, hide, reopen, note.

Each is one commit; of two members who do the same, the first wins. Taking a report tells the audiences that were told
of it, unless it is to be taken again before a relay takes that mail. Taking or ending it cancels queued mails that ask
for an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome, ReportState
from kiosk.domain.roles import Actor
from kiosk.duty.chain import Watch
from kiosk.duty.decisions import (
    Decide,
    Repeated,
    Scene,
    decide_to_close,
    decide_to_hide,
    decide_to_take,
    open_again,
    take,
)
from kiosk.mail.thread.notice import Reason
from kiosk.store.base.connection import Database
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.outbox import wakeup
from kiosk.store.reports import notes, report_status
from kiosk.store.reports.notes import NewNote, Note
from kiosk.store.reports.report_status import Change, ReportStatus


@dataclass(frozen=True, slots=True)
class Acted:
    """``done`` is False when the status did not allow the action. ``report``: the status now."""

    done: bool
    report: ReportStatus


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
        return take(scene, report, eta, "report_taken_over", reason)

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
        return open_again(scene, report, "report_reopened") if wanted else None

    return _act(db, settings, reference, actor, now, decide)


def unmark(db: Database, settings: Settings, reference: str, *, actor: Actor, now: datetime) -> Acted:
    """Show a hidden report again, as open. Not done when it is not hidden."""

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return open_again(scene, report, "report_unmarked") if report.hidden_as else None

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
