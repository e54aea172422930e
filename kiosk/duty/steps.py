"""What the background process does about reports that wait: one step of one report is one commit.

Everything is reckoned anew from what is stored, so a process may die between any two instructions: the step was taken
or it was not, and the next look finds out.
"""

import hashlib
import logging
import traceback
from dataclasses import replace
from datetime import datetime, timedelta

from kiosk.config import Settings
from kiosk.duty import escalation
from kiosk.duty.chain import REMINDED, SLACK, Watch, clock_was_corrected, due_at
from kiosk.duty.changes import event, waiting
from kiosk.errors import NotConfirmed
from kiosk.store import absences, bell, standing
from kiosk.store.connection import Database
from kiosk.store.standing import Change, Standing

log = logging.getLogger(__name__)

PUT_OFF = timedelta(minutes=15)


def take_steps(db: Database, settings: Settings, now: datetime) -> None:
    """What is due now, twenty reports at most: visitors get their turn between any two of them, others theirs after."""
    standing.reckon_with(db, _reckoning(db, settings, now), demo=settings.demo)
    for report in standing.to_attend(db, demo=settings.demo, now=now, slack=SLACK):
        _take_safely(db, settings, report, now)


def _take_safely(db: Database, settings: Settings, report: Standing, now: datetime) -> None:
    try:
        take_step(db, settings, report, now)
    except NotConfirmed:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours about one report must not keep the others waiting
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("the next step of %s: %s\n%s", report.reference, type(error).__name__, frames)
        standing.put_off(db, report, now + PUT_OFF)


def take_step(db: Database, settings: Settings, report: Standing, now: datetime) -> bool:
    """Whatever is due about one report, or else the moment of the next look. False when somebody was quicker."""
    change = _next(db, Watch.at(db, settings, now), report)
    taken = standing.change(db, report, change, now)
    if taken and change.mails:
        bell.ring(settings.instance)
    return taken


def _next(db: Database, watch: Watch, report: Standing) -> Change:
    if clock_was_corrected(watch, report):
        anew = replace(report, anchor_at=watch.now)
        return waiting(watch, anew, events=[event("wait_began_anew", report, because="clock")])
    due = due_at(watch, report)
    if due is None or due > watch.now:
        return Change(values={"attend_at": due})
    if report.state == "open":
        return escalation.tell_next(db, watch, report)
    return escalation.lapse(db, watch, report) if report.step == REMINDED else escalation.remind(db, watch, report)


def _reckoning(db: Database, settings: Settings, now: datetime) -> bytes:
    """Of everything beside a report's own row that moments are reckoned with."""
    sites = [(site.id, site.calendar) for site in settings.sites]
    facts = (settings.duty, sites, settings.audiences, absences.not_over(db, now))
    return hashlib.sha256(repr(facts).encode()).digest()
