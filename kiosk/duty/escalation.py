"""Escalation steps: tell the next in the chain, remind the taker, restart the chain."""

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kiosk import clock
from kiosk.config import Audience, Role, Settings
from kiosk.discreet import traceback_of
from kiosk.domain.handling import ReportState
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.duty import notices
from kiosk.duty.chain import (
    DEPUTY_STEP,
    MSSI_STEP,
    REMINDED,
    ROLES,
    SLACK,
    Watch,
    begin_anew,
    clock_was_corrected,
    due_at,
    event,
    late_at,
    waiting,
)
from kiosk.duty.notices import Occasion
from kiosk.duty.presence import of_role
from kiosk.errors import NotConfirmed
from kiosk.mail.thread.notice import Reason
from kiosk.store.base.connection import Database
from kiosk.store.outbox import wakeup
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import report_status
from kiosk.store.reports.report_status import Change, ReportStatus
from kiosk.store.staff import absences
from kiosk.store.watch import clock_marks

ON_DUTY = "vous êtes de permanence pour ce site"
log = logging.getLogger(__name__)

PUT_OFF = timedelta(minutes=15)
REMINDS_FOR = timedelta(days=1)  # later the MSSI's reminder is stale: the report itself, sent before it, tells more
TURN = 0.2  # seconds: erasing and the heartbeat wait meanwhile


def tell_next(db: Database, watch: Watch, report: ReportStatus) -> Change:
    """Tell the next step where an audience can be told; each step passed over is an event."""
    passed_over = []
    step = report.step
    to: tuple[Audience, ...] = ()
    while not to and step < MSSI_STEP:
        step += 1
        to = watch.in_line(report, step)
        if not to:
            passed_over.append(event("escalation_skipped", report, step=step, because=_why_nobody(watch, report, step)))
    late = late_at(watch, report) <= watch.now
    reason = (Reason.LATE if step == DEPUTY_STEP else Reason.UNANSWERED) if late else Reason.ABSENT
    mails = _escalation(db, watch, report, to, step, reason)
    told = event("escalated", report, step=step, because=reason, audiences=[audience.id for audience in to])
    after = replace(report, step=step, anchor_at=watch.now)
    return waiting(watch, after, events=[*passed_over, told], mails=mails)


def _escalation(
    db: Database, watch: Watch, report: ReportStatus, to: tuple[Audience, ...], step: int, reason: Reason
) -> list[NewDelivery]:
    managers = {each.id: each.name for each in of_role(watch.settings.audiences, Role.MANAGER, site=report.site)}
    gone = [absence for absence in watch.away if absence.audience in managers and absence.covers(watch.now)]
    others = report_status.told(db, report.id, whoever_takes_it=False) - {audience.id for audience in to}
    late = Occasion(
        Purpose.REMINDER if step == MSSI_STEP else Purpose.ESCALATION,
        reason,
        OnlyWhile.OPEN,
        told=notices.names_on_site(watch.settings, others),
        absent=tuple(dict.fromkeys(managers[absence.audience] for absence in gone)),
        until=min((absence.ends_at for absence in gone), default=None),
        not_after=watch.now + REMINDS_FOR if step == MSSI_STEP else None,
    )
    return notices.write(db, watch, report, late, [(audience, _why(step, reason)) for audience in to])


def _why(step: int, reason: Reason) -> str:
    if step == MSSI_STEP:
        return "personne sur place n'a répondu dans le délai prévu"
    if reason is Reason.ABSENT:
        return "vous suppléez le responsable de l'immeuble, qui ne peut pas être prévenu"
    return "vous suppléez le responsable de l'immeuble et que personne n'a répondu dans le délai prévu"


def _why_nobody(watch: Watch, report: ReportStatus, step: int) -> str:
    there = of_role(watch.settings.audiences, ROLES[step], site=report.site, kind=report.kind)
    if not there:
        return "nobody"
    return "absent" if any(audience.address for audience in there) else "no_address"


def remind(db: Database, watch: Watch, report: ReportStatus) -> Change:
    """Remind the taker, once. If no reminder can be sent, restart the chain at once."""
    to = watch.taker(report)
    if not to:
        return lapse(db, watch, report)
    after = replace(report, step=REMINDED, anchor_at=watch.now)
    overdue = Occasion(
        Purpose.REMINDER,
        Reason.OVERDUE,
        OnlyWhile.ACKNOWLEDGED,
        actor=report.taken_by or "",
        eta_at=report.eta_at,
        until=due_at(watch, after),
    )
    why = f"{report.taken_by} a pris ce signalement en charge"
    mails = notices.write(db, watch, report, overdue, [(audience, why) for audience in to])
    reminded = event("taker_reminded", report, audiences=[audience.id for audience in to])
    return waiting(watch, after, events=[reminded], mails=mails)


def had_taken(report: ReportStatus) -> str:
    return f"{report.taken_by} avait pris ce signalement en charge"


def lapse(db: Database, watch: Watch, report: ReportStatus) -> Change:
    """Restart the chain: nothing was done by the promised time, nor after a reminder."""
    on_duty = watch.in_line(report, watch.first_step(report))
    others = [audience for audience in watch.taker(report) if audience not in on_duty]
    to = [*((audience, ON_DUTY) for audience in on_duty), *((audience, had_taken(report)) for audience in others)]
    before = report.taken_by or ""
    lapsed = Occasion(Purpose.ESCALATION, Reason.LAPSED, OnlyWhile.OPEN, before=before, eta_at=report.eta_at)
    mails = notices.write(db, watch, report, lapsed, to)
    told = [audience.id for audience in (*on_duty, *others)]
    return begin_anew(watch, report, events=[event("acknowledgement_lapsed", report, audiences=told)], mails=mails)


def take_steps(db: Database, settings: Settings, now: datetime) -> None:
    """Take due steps, of a bounded number of reports; the rest waits for the next turn.

    Each step is one commit, so that submissions can come in between. Reports that nothing is due for yet share one.
    """
    over = time.monotonic() + TURN
    if not report_status.reckon_with(db, _reckoning(db, settings, now)):
        return
    watch, steps = Watch.at(db, settings, now), 0
    while steps < report_status.LOOK_AT_MOST and time.monotonic() < over:
        due = report_status.to_attend(db, now=now, slack=SLACK)
        later = list(_take_due(db, watch, due))
        report_status.look_again(db, later)
        if not due:
            return
        steps += len(due) - len(later)


def _take_due(
    db: Database, watch: Watch, reports: Sequence[ReportStatus]
) -> Iterator[tuple[ReportStatus, datetime | None]]:
    """Yields the reports without a step, and when to look at them next."""
    for report in reports:
        try:
            change = _next(db, watch, report)
            if change is None:
                yield report, due_at(watch, report)
            elif report_status.change(db, report, change, watch.now) and change.mails:
                wakeup.wake(watch.settings.instance)
        except NotConfirmed:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours about one report must not keep the others waiting
            log.error("the next step of %s failed\n%s", report.reference, traceback_of(error))
            yield report, watch.now + PUT_OFF


def _began_anew(db: Database, watch: Watch, report: ReportStatus) -> datetime | None:
    """Start of the wait after a correction of the clock; None without one."""
    came_in = report.received_at + clock_marks.step_of(db, report.reference)
    if report.anchor_at < came_in <= watch.now:
        return came_in
    return watch.now if clock_was_corrected(watch, report) else None


def _next(db: Database, watch: Watch, report: ReportStatus) -> Change | None:
    """None while nothing is due."""
    if began := _began_anew(db, watch, report):
        anew = replace(report, anchor_at=began)
        return waiting(watch, anew, events=[event("wait_began_anew", report, because="clock")])
    due = due_at(watch, report)
    if due is None or due > watch.now:
        return None
    if report.state == ReportState.OPEN:
        return tell_next(db, watch, report)
    return lapse(db, watch, report) if report.step == REMINDED else remind(db, watch, report)


def _reckoning(db: Database, settings: Settings, now: datetime) -> bytes:
    """Digest of all that deadlines depend on beside the report's own row; new each day, see ``reckon_with``."""
    sites = [(site.id, site.calendar) for site in settings.sites]
    facts = (settings.duty, sites, settings.audiences, absences.not_over(db, now), clock.local(now).date())
    return hashlib.sha256(repr(facts).encode()).digest()
