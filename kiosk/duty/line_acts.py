"""Acts of staff on a line of similar reports: take, close or hide all of them at once.

One commit, an event for each report, and one mail for each audience that lists the reports it was told of. A report
that came or changed since the member saw the line is left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kiosk.config import Audience, Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome, ReportState
from kiosk.domain.purposes import Purpose
from kiosk.domain.roles import Actor
from kiosk.duty import notices
from kiosk.duty.acts import new_note, note
from kiosk.duty.chain import Watch
from kiosk.duty.decisions import (
    REPEATED,
    WAS_TOLD,
    Decide,
    Repeated,
    Scene,
    decide_to_close,
    decide_to_hide,
    decide_to_take,
)
from kiosk.duty.escalation import had_taken
from kiosk.duty.notices import Occasion
from kiosk.store.base.connection import Database
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import line_members, report_status
from kiosk.store.reports.line_members import TO_DO
from kiosk.store.reports.notes import NewNote
from kiosk.store.reports.report_status import Change, ReportStatus
from kiosk.store.trace.events import Event

WERE_TOLD = "ces signalements vous avaient été transmis"
AT_ONCE = 600  # reports in one commit, as many as a line gets at one report a second
ONE_PRESS = timedelta(minutes=1)  # the same act again within this time is a double press


@dataclass(frozen=True, slots=True)
class Seen:
    """A line by the reference of one of its reports, as a member saw it: until which event."""

    reference: str
    event: int


@dataclass(frozen=True, slots=True)
class Concerned:
    """``reports``: what an act can change; ``changed``: what came or changed since.

    ``more``: there are others that it can change, which the next act takes.
    """

    reports: tuple[ReportStatus, ...]
    changed: tuple[ReportStatus, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class LineActed:
    """References of what was done, and of what came or changed meanwhile. ``more``: the same act has more to do."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class LineNews:
    """``told``: audiences that know the report; ``takers``: those of a colleague who has it and learns of its end."""

    report: ReportStatus
    told: frozenset[str]
    occasion: Occasion
    takers: frozenset[str] = frozenset()

    @property
    def is_news(self) -> bool:
        return self.report.state == ReportState.OPEN or bool(self.takers)


@dataclass(frozen=True, slots=True)
class SharedScene(Scene):
    """Collects what audiences are to be told, for one mail about several reports.

    Each audience reads of all the reports that it was told of, or that its members have taken: of those that were taken
    already too. Nobody is told of an act that ends only what its actor had taken.
    """

    said: list[LineNews] = field(default_factory=list)

    def tell(self, report: ReportStatus, told: frozenset[str], occasion: Occasion) -> list[NewDelivery]:
        self.said.append(LineNews(report, told, occasion))
        return []

    def tell_end(self, report: ReportStatus, told: frozenset[str], occasion: Occasion) -> list[NewDelivery]:
        is_others = report.taken_account not in (None, self.actor.name)
        takers = self.watch.taker(report) if is_others else ()
        self.said.append(LineNews(report, told, occasion, frozenset(audience.id for audience in takers)))
        return []


def acknowledge(db: Database, settings: Settings, seen: Seen, *, actor: Actor, eta: Eta, now: datetime) -> LineActed:
    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return decide_to_take(scene, report, eta)

    return _act(db, settings, seen, actor, now, decide, states=(ReportState.OPEN,))


def close(
    db: Database,
    settings: Settings,
    seen: Seen,
    *,
    actor: Actor,
    outcome: Outcome,
    now: datetime,
    note_text: str = "",
    repeats: Repeated | None = None,
) -> LineActed:
    """The note is kept with the first report that is closed, or the first concerned when somebody was faster.

    The report that they repeat is not closed, should it be of the line.
    """

    def decide(scene: Scene, report: ReportStatus) -> Change | None:
        return decide_to_close(scene, report, outcome, repeats)

    return _act(db, settings, seen, actor, now, decide, note_text=note_text)


def mark(
    db: Database, settings: Settings, seen: Seen, *, actor: Actor, hidden_as: HiddenAs, now: datetime
) -> LineActed:
    return _act(db, settings, seen, actor, now, lambda scene, report: decide_to_hide(scene, report, hidden_as))


def concerned(db: Database, seen: Seen, states: Sequence[ReportState] = TO_DO) -> Concerned:
    """``states``: in which an act can change a report."""
    found = line_members.to_do(db, seen.reference, AT_ONCE + 1, seen=seen.event, changed=False, states=states)
    changed = line_members.to_do(db, seen.reference, AT_ONCE, seen=seen.event, changed=True)
    return Concerned(tuple(found[:AT_ONCE]), tuple(changed), len(found) > AT_ONCE)


def _act(
    db: Database,
    settings: Settings,
    seen: Seen,
    actor: Actor,
    now: datetime,
    decide: Decide,
    *,
    note_text: str = "",
    states: Sequence[ReportState] = TO_DO,
) -> LineActed:
    """Decide again when one of them has changed meanwhile."""
    watch = Watch.at(db, settings, now)
    while True:
        found, scene = concerned(db, seen, states), SharedScene(db, watch, actor)
        decided = [(report, decide(scene, report)) for report in sorted(found.reports, key=_age)]
        changes = [(report, change) for report, change in decided if change]
        if note_text.strip() and not changes:
            _keep_note(scene, found, seen, note_text)
        changes = _with_mails(changes, _mails(scene), new_note(note_text, actor))
        if report_status.change_all(db, changes, now):
            if any(change.mails for _, change in changes):
                wakeup.wake(settings.instance)
            done = tuple(report.reference for report, _ in changes)
            return LineActed(done, tuple(report.reference for report in found.changed), found.more)


def _age(report: ReportStatus) -> int:
    return report.id


def _keep_note(scene: Scene, found: Concerned, seen: Seen, text: str) -> None:
    """Keep a note on the first report concerned when nothing could be changed. A double press has kept it already."""
    if line_members.has_closed(scene.db, seen.reference, scene.actor.display_name, scene.now - ONE_PRESS):
        return
    first = min((*found.reports, *found.changed), key=_age, default=None)
    note(scene.db, first.reference if first else seen.reference, text, actor=scene.actor, now=scene.now)


def _mails(scene: SharedScene) -> dict[int, list[NewDelivery]]:
    """By the report in whose thread each stands: the first that it lists."""
    mails: dict[int, list[NewDelivery]] = {}
    if any(one.is_news for one in scene.said):
        everybody = frozenset().union(*(one.told | one.takers for one in scene.said))
        for audience in notices.known(scene.watch.settings, everybody):
            about = [one for one in scene.said if audience.id in one.told | one.takers]
            mails.setdefault(about[0].report.id, []).extend(_mail(scene, audience, about))
    return mails


def _mail(scene: SharedScene, audience: Audience, about: Sequence[LineNews]) -> list[NewDelivery]:
    first, reports, occasion = about[0].report, [one.report for one in about], about[0].occasion
    if len(reports) > 1:
        occasion = replace(
            occasion,
            purpose=Purpose.TAKEN_TOGETHER,
            only_while=None,
            together=tuple(report.reference for report in reports),
            last_at=max(report.received_at for report in reports),
            worst=min((report.severity for report in reports), key=lambda severity: severity.rank),
        )
    was_told = any(audience.id in one.told for one in about)
    why = (WERE_TOLD if len(reports) > 1 else WAS_TOLD) if was_told else had_taken(first)
    return notices.write(scene.db, scene.watch, first, occasion, [(audience, why)])


def _with_mails(
    changes: Sequence[tuple[ReportStatus, Change]], mails: dict[int, list[NewDelivery]], kept: NewNote | None
) -> list[tuple[ReportStatus, Change]]:
    """The first keeps the note. Each event says how many were done together, one names all that repeat a report."""
    repeated = [event for _, change in changes for event in change.events if event.action == REPEATED]
    return [
        (report, replace(change, mails=mails.get(report.id, ()), events=events, note=None if place else kept))
        for place, (report, change) in enumerate(changes)
        for events in [_together(change.events, len(changes)) + ([] if place else _all_in_one(repeated))]
    ]


def _together(events: Sequence[Event], count: int) -> list[Event]:
    own = (event for event in events if event.action != REPEATED)
    return [replace(event, detail={**event.detail, "together": count}) for event in own]


def _all_in_one(repeated: Sequence[Event]) -> list[Event]:
    references = [reference for event in repeated for reference in event.detail["by"]]
    return [replace(event, detail={"by": references}) for event in repeated[:1]]
